import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { fill, scaffold, targets } from "./new.ts";
import { tree } from "./tree.ts";
import { root, sourceFiles, workspaces } from "./workspace.ts";

describe("fill", () => {
  it("spells a name in kebab, camel and Pascal case", () => {
    expect(fill("{{name}} {{camelName}} {{PascalName}}", "batch-norm-2d")).toBe(
      "batch-norm-2d batchNorm2d BatchNorm2d",
    );
  });
});

describe("scaffold", () => {
  it.each(Object.keys(targets))("writes TypeScript that parses, with blanks and a test, for a new %s", (kind) => {
    using folder = tree({});
    const paths = scaffold(kind, "some-thing", folder.base);
    expect(paths.some((path) => path.endsWith(".test.ts"))).toBe(true);
    const texts = paths.map((path) => ({ path, text: readFileSync(join(folder.base, path), "utf8") }));
    expect(texts.some(({ text }) => text.includes("blank"))).toBe(true);
    for (const { path, text } of texts) {
      expect(text).not.toMatch(/\{\{|NAME/);
      if (!path.endsWith(".ts")) continue;
      const { diagnostics } = ts.transpileModule(text, { reportDiagnostics: true });
      expect(diagnostics).toEqual([]);
    }
  });

  it("is filled in: no blank is left in the packages", () => {
    const files = workspaces().flatMap((workspace) => sourceFiles(workspace));
    expect(files.filter((file) => /\bblank:|"blank"/.test(readFileSync(join(root, file), "utf8")))).toEqual([]);
  });

  it("never overwrites", () => {
    using folder = tree({ "packages/tensor/src/ops/gelu.test.ts": "" });
    expect(() => scaffold("op", "gelu", folder.base)).toThrow("packages/tensor/src/ops/gelu.test.ts exists already");
  });

  it("names the kinds it knows, and refuses a name that is no file name", () => {
    using folder = tree({});
    expect(() => scaffold("opp", "gelu", folder.base)).toThrow(/unknown kind "opp" \(one of elementwise, op, layer/);
    expect(() => scaffold("op", "../Gelu", folder.base)).toThrow(/kebab-case/);
  });
});
