import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as autograd from "@kronograd/autograd";
import * as data from "@kronograd/data";
import * as layers from "@kronograd/layers";
import * as linalg from "@kronograd/linalg";
import * as decompositions from "@kronograd/linalg/decompositions";
import * as optimizers from "@kronograd/optimizers";
import * as tensors from "@kronograd/tensor";
import { compare } from "@kronograd/testkit";
import * as train from "@kronograd/train";
import { describe, expect, it } from "vitest";
import { checkedBody, docExamples, freeNames, statedValue } from "./doc-examples.ts";
import { isTest, root, sourceFiles, workspaces } from "./workspace.ts";

const packages = { autograd, data, layers, linalg, optimizers, tensor: tensors, train };
const everything: Readonly<Record<string, unknown>> = Object.assign({}, ...Object.values(packages), decompositions);

/** What an example of a package may name: its own exports before those of others (`relu` of tensor, or of layers). */
const scopeOf = (id: string): Readonly<Record<string, unknown>> => ({
  ...everything,
  ...packages[id as keyof typeof packages],
});

const examples = workspaces()
  .filter(({ id }) => id in packages)
  .flatMap((workspace) => sourceFiles(workspace).map((file) => ({ file, scope: scopeOf(workspace.id) })))
  .filter(({ file }) => !isTest(file))
  .flatMap(({ file, scope }) =>
    docExamples(readFileSync(join(root, file), "utf8")).map((example) => ({ ...example, file, scope })),
  );
const runnable = examples.filter(({ code, scope }) => freeNames(code).every((name) => name in scope));

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as FunctionConstructor;

/** Compare a value with what the comment says, if it says a value. Numbers in comments have up to eight digits. */
function check(value: unknown, comment: string): void {
  const want = statedValue(comment);
  if (want !== undefined) mustBe(value, want);
}

function mustBe(value: unknown, want: unknown): void {
  if (value instanceof tensors.Tensor) {
    const { pass, message } = compare(value, want as number[], { rtol: 1e-7 });
    expect(pass, message).toBe(true);
  } else if (ArrayBuffer.isView(value)) expect(Array.from(value as Float64Array)).toEqual(want);
  else if (Array.isArray(value) && Array.isArray(want)) {
    expect(value.length).toBe(want.length);
    value.forEach((item, i) => {
      mustBe(item, want[i]);
    });
  } else expect(value).toEqual(want);
}

describe("examples of doc comments", () => {
  it("are mostly self-contained", () => {
    expect(runnable.length / examples.length).toBeGreaterThan(0.75);
  });

  it.each(runnable)("$file:$line", async ({ code, scope }) => {
    const names = freeNames(code);
    const body = checkedBody(code);
    using _ = tensors.openScope();
    await AsyncFunction(...names, "check", body)(...names.map((name) => scope[name]), check);
  });
});

describe("docExamples", () => {
  const text = "/**\n * Add.\n *\n * @example\n * add(1, 2);   // 3\n * add(\n *   4);\n * @source x\n */\n";

  it("finds the code and where it begins, up to the next tag", () => {
    expect(docExamples(text)).toEqual([{ code: "add(1, 2);   // 3\nadd(\n  4);", line: 5 }]);
  });
});

describe("freeNames", () => {
  it("are those that are neither declared, nor properties, nor globals", () => {
    expect(freeNames("const { a: b, c } = f({ x, y: z }); b.d(c, (e) => e + Math.PI); e;")).toEqual([
      "f",
      "x",
      "z",
      "e",
    ]);
  });
});

describe("checkedBody", () => {
  it("hands over each expression with its comment", () => {
    expect(checkedBody("const x = f(); // no\nx + 1; // 2\ng();")).toBe(
      'const x = f(); // no\ncheck(x + 1, "2"); // 2\ng();',
    );
  });
});

describe("statedValue", () => {
  it("reads values and lists of values, and leaves prose alone", () => {
    expect(["[1, 2]", "-2", '"abc"', "[0], [1]", "{ epoch: 0 }", "Uint8Array [7]"].map(statedValue)).toEqual([
      [1, 2], -2, "abc", [[0], [1]], { epoch: 0 }, [7],
    ]); // biome-ignore format: a table
    expect(["log 2", "the header", "[2, 2] float32"].map(statedValue)).toEqual([undefined, undefined, undefined]);
  });
});
