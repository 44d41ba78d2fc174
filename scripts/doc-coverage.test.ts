import { describe, expect, it } from "vitest";
import { docCoverage, docProblem } from "./doc-coverage.ts";
import { tree } from "./tree.ts";
import { workspaces } from "./workspace.ts";

describe("docProblem", () => {
  it("accepts a first line that is a sentence, with more after it", () => {
    expect(docProblem("Solve A x = b.\n\nL y = b, then Lᵀ x = y")).toBeUndefined();
  });

  it("refuses a missing comment and a first line that does not end a sentence", () => {
    expect(docProblem("")).toMatch(/no doc comment/);
    expect(docProblem("solves things and\nmore.")).toMatch(/"solves things and"/);
  });
});

describe("docCoverage", () => {
  it("follows re-exports to the declaration and names its file and line", () => {
    using folder = tree({
      "packages/tensor/package.json": {
        name: "@kronograd/tensor",
        exports: { ".": { "@kronograd/source": "./src/index.ts" } },
      },
      "packages/tensor/src/index.ts": `export * from "./ops/index.ts";`,
      "packages/tensor/src/ops/index.ts": `export * from "./add.ts";`,
      "packages/tensor/src/ops/add.ts": `/** Add two numbers. */\nexport const add = 1;\nexport type Bare = string;\nconst hidden = 2;`,
    });
    const { total, gaps } = docCoverage(workspaces(folder.base), folder.base);
    expect(total).toBe(2);
    expect(gaps).toEqual([expect.stringMatching(/add\.ts:3: Bare has no doc comment$/)]);
  });

  it("takes the head of a file for the comment of its namespace", () => {
    using folder = tree({
      "packages/tensor/package.json": {
        name: "@kronograd/tensor",
        exports: { ".": { "@kronograd/source": "./src/index.ts" } },
      },
      "packages/tensor/src/index.ts": `export * as words from "./words.ts";\nexport * as bare from "./bare.ts";`,
      "packages/tensor/src/words.ts": `/**\n * Words of expressions.\n *\n * More.\n */\nexport const add = 1;`,
      "packages/tensor/src/bare.ts": `export const add = 1;`,
    });
    const { gaps } = docCoverage(workspaces(folder.base), folder.base);
    expect(gaps).toEqual([expect.stringMatching(/bare\.ts:1: bare has no doc comment$/)]);
  });
});
