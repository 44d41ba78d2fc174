import { describe, expect, it } from "vitest";
import { tablesOf, textOf, xmlFaults } from "../testing/read-page.ts";
import type { Html } from "./html.ts";
import { hiddenTable, named, spreadText, table, thinned } from "./table.ts";

describe("table", () => {
  it("is a named region whose rows begin with their names, and escapes what it is given", () => {
    const { text } = table("a < b", ["", "loss"], [["sgd", "<0.5>"]], "words");
    expect(tablesOf(text)).toEqual(new Map([["a < b", [["", "loss"], ["sgd", "<0.5>"]]]])); // biome-ignore format: rows
    expect(text).toContain('<th scope="row">sgd</th><td>&lt;0.5&gt;</td>');
    expect(text).toContain('class="words"');
    expect(xmlFaults(text)).toEqual([]);
  });

  it("can be put behind a line that opens it", () => {
    const { text } = hiddenTable("in numbers", table("t", ["a"], [["b"]]));
    expect(text).toMatch(/^<details><summary>in numbers<\/summary><div/);
  });
});

describe("named", () => {
  it("is the name behind a piece of its line", () => {
    expect(named({ index: 1, label: "Adam" }).text).toMatch(
      /class="line c1" stroke-dasharray="7 3".*<\/svg>Adam<\/span>$/,
    );
  });
});

describe("spreadText", () => {
  it("sets the range small", () => {
    expect(spreadText({ median: 2, low: 2, high: 2, seeds: 1 }, String, "never")).toBe("2");
    const range = spreadText({ median: 2, low: 1, high: 3, seeds: 3 }, String, "never") as Html;
    expect(range.text).toBe("2 <small>[1–3]</small>");
    expect(textOf(range.text)).toBe("2 [1–3]");
  });
});

describe("thinned", () => {
  it("keeps the ends", () => {
    expect(thinned([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 3, 6, 9]);
    expect(thinned([1, 2], 4)).toEqual([1, 2]);
  });
});
