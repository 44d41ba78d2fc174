import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { tensor } from "../tensor/create.ts";
import { embed, slice } from "./slice.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("slice", () => {
  it("takes ranges, whole axes and missing ones", () => {
    expect(values(slice(x, [null, [1]]))).toEqual([2, 3, 5, 6]);
    expect(values(slice(x, [[1, 2]]))).toEqual([4, 5, 6]);
    expect(values(slice(x, [[], [0, 2]]))).toEqual([1, 2, 4, 5]);
    expect(slice(x, [[0, 0]]).shape).toEqual([0, 3]);
  });

  it("counts negative bounds from the end", () => {
    expect(values(slice(x, [[-1], [-2, -1]]))).toEqual([5]);
    expect(values(slice(x, [null, [-3, 3]]))).toEqual(values(x));
  });

  it("steps forward and backward", () => {
    const line = tensor([0, 1, 2, 3, 4]);
    expect(values(slice(line, [[0, 5, 2]]))).toEqual([0, 2, 4]);
    expect(values(slice(line, [[1, 5, 3]]))).toEqual([1, 4]);
    expect(values(slice(line, [[undefined, undefined, -1]]))).toEqual([4, 3, 2, 1, 0]);
    expect(values(slice(line, [[3, 0, -2]]))).toEqual([3, 1]);
    expect(values(slice(line, [[3, undefined, -2]]))).toEqual([3, 1]);
  });

  it("is a view of a view", () => {
    const y = slice(slice(x, [null, [undefined, undefined, -1]]), [[1], [1]]);
    expect(values(y)).toEqual([5, 4]);
    expect(y.storage).toBe(x.storage);
    expect(slice(x, [null]).id).toBe(x.id);
  });

  it("refuses bounds outside of the axis, a step of 0, and too many ranges", () => {
    expect(() => slice(x, [[0, 3]])).toThrow("slice: stop is outside of axis 0 (expected -2 … 2, got 3).");
    expect(() => slice(x, [null, [-4]])).toThrow("slice: start is outside of axis 1 (expected -3 … 3, got -4).");
    expect(() => slice(x, [[2, undefined, -1]])).toThrow("expected -2 … 1, got 2");
    expect(() => slice(x, [[0, 2, 0]])).toThrow("slice: step of axis 0 (expected a whole number other than 0, got 0).");
    expect(() => slice(x, [[0.5]])).toThrow(UsageError);
    expect(() => slice(x, [null, null, null])).toThrow(UsageError);
  });
});

describe("embed", () => {
  it("puts a tensor on a grid of a larger one", () => {
    const grid = { counts: [2], starts: [3], steps: [-2] };
    expect(values(embed(tensor([7, 8]), [5], grid, 1))).toEqual([1, 8, 1, 7, 1]);
  });
});
