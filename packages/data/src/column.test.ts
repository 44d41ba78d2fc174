import { describe, expect, it } from "vitest";
import { checkColumns, columnEntries, soleColumn } from "./column.ts";

const refusal = (name: string) => expect.objectContaining({ name });

describe("checkColumns", () => {
  it("keeps arrays as they are and says how they become tensors", () => {
    const values = new Int32Array([1, 2, 3, 4]);
    expect(checkColumns("x", "inputs", { values, shape: [2] })).toEqual({ values, shape: [2], prepare: "integers" });
    const floats = new Float32Array([1, 2]);
    expect(checkColumns("x", "inputs", floats, { shape: [1] })).toEqual({
      values: floats,
      shape: [1],
      prepare: "floats",
    });
    expect(checkColumns("x", "inputs", { values, shape: [], prepare: "floats" })).toMatchObject({ prepare: "floats" });
  });

  it("reads nested lists to any depth, as whole numbers where labels or tokens are wanted", () => {
    expect(checkColumns("x", "inputs", [[[1], [2]], [[3], [4]]])).toEqual({ values: Float64Array.of(1, 2, 3, 4), shape: [2, 1], prepare: "floats" }); // biome-ignore format: short
    const tokens = { values: [[1, 2], [3, 4]], prepare: "integers" } as const; // biome-ignore format: short
    expect(checkColumns("x", "inputs", tokens)).toEqual({ values: Int32Array.of(1, 2, 3, 4), shape: [2], prepare: "integers" }); // biome-ignore format: short
  });

  it("allows the label that is to be ignored", () => {
    const targets = { values: [0, 2, -100], classes: 3, ignore: -100 };
    expect(checkColumns("x", "targets", targets)).toMatchObject({ classes: 3, ignore: -100 });
    expect(() => checkColumns("x", "targets", { values: [0, 2, -100], classes: 3 })).toThrow(refusal("DataError"));
  });

  it.each([
    ["bytes that do not say what they are", { values: new Uint8Array(2), shape: [] }, "UsageError"],
    ["floats as integers", { values: new Float32Array(2), shape: [], prepare: "integers" }, "UsageError"],
    ["one class", { values: [0, 0], classes: 1 }, "UsageError"],
    ["rows that are not whole", { values: new Float32Array(3), shape: [2] }, "ShapeError"],
    ["rows of no values", { values: new Float32Array(0), shape: [0] }, "ShapeError"],
    ["another shape than was said", { values: [[1, 2]], shape: [3] }, "ShapeError"],
    ["a list within a row of numbers", [[1, [2]]] as never, "ShapeError"],
    ["a number where rows are lists", [[1], 2], "ShapeError"],
  ] as const)("refuses %s", (_, like, name) => {
    expect(() => checkColumns("x", "inputs", like)).toThrow(refusal(name));
  });

  it("refuses no columns, and what is no column", () => {
    expect(() => checkColumns("x", "inputs", {})).toThrow("there are no inputs");
    expect(() => checkColumns("x", "inputs", { a: 3 } as never)).toThrow('x, column "inputs.a": is no column');
  });
});

describe("soleColumn", () => {
  it("is the lone column, and refuses several by name", () => {
    const column = checkColumns("x", "inputs", [1, 2]);
    expect(soleColumn(column)).toBe(column);
    const several = checkColumns("x", "inputs", { a: [1], b: [2] });
    expect(() => soleColumn(several)).toThrow("one column is wanted");
    expect(columnEntries(several).map(([name]) => name)).toEqual(["a", "b"]);
  });
});
