import { describe, expect, it } from "vitest";
import { checkArrows, staleLines } from "./check-arrows.ts";
import { tree } from "./tree.ts";

const source = { ".": { "@kronograd/source": "./src/index.ts" } };
const manifests = {
  "packages/tensor/package.json": { name: "@kronograd/tensor", exports: source },
  "packages/autograd/package.json": {
    name: "@kronograd/autograd",
    exports: source,
    dependencies: { "@kronograd/tensor": "0.1.0" },
  },
  "packages/linalg/package.json": {
    name: "@kronograd/linalg",
    exports: source,
    dependencies: { "@kronograd/tensor": "0.1.0", "ml-matrix": "^6.15.1" },
  },
};

function violations(files: Record<string, unknown>): string[] {
  using folder = tree({ ...manifests, ...files });
  return checkArrows(folder.base);
}

describe("checkArrows", () => {
  it("accepts imports that point down, in every form", () => {
    const index = `import { x } from "@kronograd/tensor";\nexport type T = import("@kronograd/tensor").T;\nexport { x };`;
    expect(violations({ "packages/autograd/src/index.ts": index })).toEqual([]);
  });

  it("names file and line of an import that points up, be it static, type-only, dynamic or re-exported", () => {
    const up = [
      `import { x } from "@kronograd/autograd";`,
      `import type { T } from "@kronograd/autograd";`,
      `const later = import("@kronograd/autograd");`,
      `export * from "@kronograd/autograd";`,
      `type U = import("@kronograd/autograd").T;`,
    ].join("\n");
    const found = violations({ "packages/tensor/src/a.ts": up });
    expect(found).toHaveLength(5);
    found.forEach((line, index) => {
      expect(line).toContain(`packages/tensor/src/a.ts:${index + 1}: tensor may not import autograd`);
    });
  });

  it("refuses a relative import that leaves its package", () => {
    const found = violations({ "packages/tensor/src/a.ts": `import "../../autograd/src/index.ts";` });
    expect(found).toEqual([expect.stringContaining("leaves packages/tensor")]);
  });

  it("allows ml-matrix in linalg below src/decompositions alone, and not from the package's own entry", () => {
    const eigh = { "packages/linalg/src/decompositions/eigh.ts": `import { EVD } from "ml-matrix"; export { EVD };` };
    expect(violations(eigh)).toEqual([]);
    expect(violations({ "packages/linalg/src/cg.ts": `import "ml-matrix";` })).toHaveLength(1);
    const index = { "packages/linalg/src/index.ts": `export * from "./decompositions/eigh.ts";` };
    expect(violations({ ...eigh, ...index })).toEqual([expect.stringContaining("use import()")]);
  });

  it("allows Node built-ins in an entry called ./node, unless the main entry loads them too", () => {
    const exports = { ...source, "./node": { "@kronograd/source": "./src/node.ts" } };
    const manifest = { "packages/tensor/package.json": { name: "@kronograd/tensor", exports } };
    const node = { "packages/tensor/src/node.ts": `import "node:fs";` };
    expect(violations({ ...manifest, ...node, "packages/tensor/src/index.ts": "export {};" })).toEqual([]);
    const leak = { "packages/tensor/src/index.ts": `export * from "./node.ts";` };
    expect(violations({ ...manifest, ...node, ...leak })).toEqual([expect.stringContaining("use import()")]);
  });

  it("refuses Node built-ins that are loaded with a core package's entry, not those behind import()", () => {
    const files = { "packages/tensor/src/index.ts": `export * from "./a.ts";` };
    expect(violations({ ...files, "packages/tensor/src/a.ts": `import "node:fs";` })).toHaveLength(1);
    expect(violations({ ...files, "packages/tensor/src/a.ts": `await import("node:fs");` })).toEqual([]);
  });

  it("shows a circular import once, and counts those of types", () => {
    const files = {
      "packages/tensor/src/a.ts": `import { b } from "./b.ts";`,
      "packages/tensor/src/b.ts": `import { c } from "./c.ts";`,
    };
    const cycle = violations({ ...files, "packages/tensor/src/c.ts": `import { a } from "./a.ts";` });
    expect(cycle).toEqual(["packages/tensor/src/a.ts:1: circular import: a.ts → b.ts → c.ts → a.ts"]);
    const ofTypes = violations({ ...files, "packages/tensor/src/c.ts": `import type { A } from "./a.ts";` });
    expect(ofTypes).toEqual(["packages/tensor/src/a.ts:1: circular import of types: a.ts → b.ts → c.ts → a.ts"]);
  });

  it("lets a circle of types be whose files are all known, not one with a file more, and never one of values", () => {
    const a = "packages/tensor/src/a.ts";
    const b = "packages/tensor/src/b.ts";
    const check = (text: string, circles: string[]) => {
      using folder = tree({ ...manifests, [a]: `import { b } from "./b.ts";`, [b]: text });
      return checkArrows(folder.base, { circles });
    };
    expect(check(`import type { A } from "./a.ts";`, [a, b])).toEqual([]);
    expect(check(`import type { A } from "./a.ts";`, [a])).toHaveLength(1);
    expect(check(`import { a } from "./a.ts";`, [a, b])).toHaveLength(1);
  });

  it("sees helpers of tests, and folders that are no workspaces", () => {
    const up = `import "@kronograd/autograd";`;
    expect(violations({ "packages/tensor/testing/a.ts": up })).toHaveLength(1);
    expect(violations({ "bench/a.ts": `import "lodash";` })).toEqual([expect.stringContaining("bench/a.ts:1: ")]);
    expect(violations({ "bench/topics/a.ts": `${up}\nimport "../b.ts";`, "bench/b.ts": "export {};" })).toEqual([]);
    expect(violations({ "scripts/a.ts": `import "../packages/tensor/src/b.ts";` })).toEqual([
      expect.stringContaining("leaves scripts"),
    ]);
  });

  it("lets tests reach a folder by relative path where the table says so, and sources not", () => {
    const files = { "platforms/page.ts": "export {};" };
    const check = (file: string) => {
      const table = {
        tensor: { workspaces: [], reaches: ["platforms"] },
        autograd: { workspaces: ["tensor"] },
        linalg: { workspaces: ["tensor"], npm: { "ml-matrix": "src" } },
        platforms: { workspaces: "any" },
      } as const;
      using folder = tree({ ...manifests, ...files, [file]: `import "../../../platforms/page.ts";` });
      return checkArrows(folder.base, { table });
    };
    expect(check("packages/tensor/src/a.test.ts")).toEqual([]);
    expect(check("packages/tensor/src/a.ts")).toEqual([expect.stringContaining("leaves packages/tensor")]);
  });

  it("lets tests import the testkit, vitest and fast-check, and sources not", () => {
    const text = `import "vitest";\nimport "fast-check";\nimport "@kronograd/testkit";\n`;
    expect(violations({ "packages/tensor/src/a.test.ts": text })).toEqual([]);
    expect(violations({ "packages/tensor/src/a.ts": text })).toHaveLength(3);
  });

  it("lets a test import a package above its own only where the table says so", () => {
    const suites = { "packages/suites/package.json": { name: "@kronograd/suites", exports: source } };
    const test = (file: string) => violations({ ...suites, [file]: `import "@kronograd/suites";` });
    const optimizers = { name: "@kronograd/optimizers", exports: source };
    expect(
      violations({
        ...suites,
        "packages/optimizers/package.json": optimizers,
        "packages/optimizers/src/a.test.ts": `import "@kronograd/suites";`,
      }),
    ).toEqual([]);
    expect(test("packages/linalg/src/a.test.ts")).toEqual([expect.stringContaining("linalg may not import suites")]);
  });

  it("finds code made from strings", () => {
    const text = `new Function("return 1");\nFunction("1");\neval("1");\nglobalThis.eval("1");\nconst evaluate = 1;`;
    const found = violations({ "packages/tensor/src/a.ts": text });
    expect(found.map((line) => line.split(":")[1])).toEqual(["1", "2", "3", "4"]);
  });

  it("checks manifests: runtime dependencies of core packages, install scripts, arrows", () => {
    const manifest = {
      name: "@kronograd/tensor",
      dependencies: { lodash: "1", "@kronograd/autograd": "0.1.0" },
      scripts: { postinstall: "node x.js" },
    };
    const found = violations({ "packages/tensor/package.json": manifest });
    expect(found).toHaveLength(3);
    expect(found.join("\n")).toMatch(/lodash[\s\S]*autograd[\s\S]*postinstall/);
  });

  it("asks for a row for a package it does not know", () => {
    const found = violations({ "packages/mystery/package.json": { name: "@kronograd/mystery" } });
    expect(found).toEqual([expect.stringContaining("not in scripts/arrows.ts")]);
  });

  it("lets a new backend import tensor and nothing else", () => {
    const backend = (dependency: string) => ({
      "packages/tensor/package.json": { name: "@kronograd/tensor" },
      "packages/autograd/package.json": { name: "@kronograd/autograd" },
      "packages/backend-mine/package.json": {
        name: "@kronograd/backend-mine",
        dependencies: { [dependency]: "0.1.0" },
      },
    });
    expect(violations(backend("@kronograd/tensor"))).toEqual([]);
    expect(violations(backend("@kronograd/autograd"))).toEqual([expect.stringContaining("the arrows do not allow")]);
  });
});

describe("staleLines", () => {
  const lines = (files: Record<string, unknown>, tables: Parameters<typeof staleLines>[1]) => {
    using folder = tree(files);
    return staleLines(folder.base, tables);
  };

  it("names a row without a folder, and a reach that nothing uses", () => {
    const table = { tensor: { workspaces: [], reaches: ["platforms"] }, playground: { workspaces: "any" } } as const;
    expect(lines({ "packages/tensor/package.json": { name: "@kronograd/tensor" } }, { table, circles: [] })).toEqual([
      'scripts/arrows.ts:1: the row "playground" has no folder. Delete it.',
      "scripts/arrows.ts:1: tensor reaches nothing of platforms. Delete it.",
    ]);
  });

  it("names a known file that is in no circle any more", () => {
    const circle = (text: string) => ({
      "packages/tensor/package.json": { name: "@kronograd/tensor" },
      "packages/tensor/src/a.ts": `import "./b.ts";`,
      "packages/tensor/src/b.ts": text,
    });
    const circles = ["packages/tensor/src/a.ts", "packages/tensor/src/b.ts"];
    const table = { tensor: { workspaces: [] } } as const;
    expect(lines(circle(`import type { A } from "./a.ts";`), { table, circles })).toEqual([]);
    expect(lines(circle("export {};"), { table, circles })).toHaveLength(2);
  });
});
