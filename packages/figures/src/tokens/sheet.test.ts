import { describe, expect, it } from "vitest";
import { tokenSheet } from "./sheet.ts";
import { dark, light, measures } from "./tokens.ts";

describe("tokenSheet", () => {
  it("has every token of both themes, dark twice: by wish of the page and of the reader", () => {
    const lines = tokenSheet().split("\n");
    for (const [name, value] of Object.entries({ ...measures, ...light }))
      expect(lines[0]).toContain(`;--${name}:${value}`);
    for (const [name, value] of Object.entries(dark)) {
      for (const line of lines.slice(1)) expect(line).toContain(`;--${name}:${value}`);
    }
  });

  it("can be of a few tokens only; paper is always light", () => {
    expect(tokenSheet(["ink"])).toBe(
      `:root{color-scheme:light;--ink:${light.ink}}
@media screen{:root[data-theme="dark"]{color-scheme:dark;--ink:${dark.ink}}}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme="light"]){color-scheme:dark;--ink:${dark.ink}}}`,
    );
  });
});
