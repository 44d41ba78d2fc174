import { describe, expect, it } from "vitest";
import { DtypeError, ShapeError, UsageError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { concat, split, stack } from "./concat.ts";
import { transpose } from "./permute.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [1, 2],
  [3, 4],
]);

describe("concat", () => {
  it("joins along any axis, in any layout", () => {
    expect(values(concat([x, transpose(x)]))).toEqual([1, 2, 3, 4, 1, 3, 2, 4]);
    expect(values(concat([x, tensor([[9], [8]]), transpose(x)], -1))).toEqual([1, 2, 9, 1, 3, 3, 4, 8, 2, 4]);
  });

  it("passes over empty parts", () => {
    expect(values(concat([ones([0, 2]), x, ones([0, 2])]))).toEqual([1, 2, 3, 4]);
    expect(concat([ones([0, 2]), ones([0, 3])], 1).shape).toEqual([0, 5]);
  });

  it("of one tensor is that value", () => {
    expect(concat([x], 1).id).toBe(x.id);
  });

  it("joins whole numbers to floats", () => {
    expect(concat([tensor([1], { dtype: "int32" }), tensor([0.5])]).dataSync()).toEqual(Float32Array.of(1, 0.5));
  });

  it("refuses other shapes and dtypes, and nothing", () => {
    expect(() => concat([x, ones([2, 3])])).toThrow(
      "concat: shapes differ outside of axis 0 (expected [2, 2], got [2, 3]).",
    );
    expect(() => concat([x, ones([2])])).toThrow(ShapeError);
    expect(() => concat([x, ones([2, 2], { dtype: "float64" })])).toThrow(DtypeError);
    expect(() => concat([])).toThrow(UsageError);
  });
});

describe("stack", () => {
  it("joins along a new axis", () => {
    const rows = [tensor([1, 2]), tensor([3, 4]), tensor([5, 6])];
    expect([stack(rows).shape, values(stack(rows))]).toEqual([
      [3, 2],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect([stack(rows, -1).shape, values(stack(rows, -1))]).toEqual([
      [2, 3],
      [1, 3, 5, 2, 4, 6],
    ]);
  });

  it("refuses other shapes", () => {
    expect(() => stack([tensor([1]), tensor([1, 2])])).toThrow(ShapeError);
  });
});

describe("split", () => {
  it("cuts into equal or given parts, as views", () => {
    const line = tensor([1, 2, 3, 4]);
    expect(split(line, 2).map(values)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(split(line, [1, 0, 3]).map(values)).toEqual([[1], [], [2, 3, 4]]);
    expect(split(x, 2, 1).map(values)).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(split(x, 2)[0]?.storage).toBe(x.storage);
  });

  it("undoes concat", () => {
    const parts = [ones([2, 1]), x, ones([2, 3])];
    expect(split(concat(parts, 1), [1, 2, 3], 1).map(values)).toEqual(parts.map(values));
  });

  it("refuses parts that do not add up", () => {
    expect(() => split(tensor([1, 2, 3]), 2)).toThrow(UsageError);
    expect(() => split(tensor([1, 2, 3]), [1, 1])).toThrow("expected sizes that add up to 3, got [1, 1]");
  });
});
