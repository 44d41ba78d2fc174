import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { permute, transpose } from "./permute.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("reshape", () => {
  it("keeps the row-major order", () => {
    expect(values(reshape(x, [3, 2]))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(values(reshape(transpose(x), [2, 3]))).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it("works out one size", () => {
    expect(reshape(x, [-1]).shape).toEqual([6]);
    expect(reshape(x, [3, -1, 1]).shape).toEqual([3, 2, 1]);
    expect(reshape(ones([0, 4]), [-1, 2]).shape).toEqual([0, 2]);
  });

  it("is a view where the layout allows, else a copy", () => {
    expect(reshape(x, [6]).storage).toBe(x.storage);
    expect(reshape(slice(x, [null, [1]]), [2, 2, 1]).storage).toBe(x.storage);
    expect(reshape(permute(ones([2, 3, 4]), [1, 2, 0]), [12, 2]).size).toBe(24);
    expect(reshape(transpose(x), [6]).storage).not.toBe(x.storage);
  });

  it("refuses another number of elements", () => {
    expect(() => reshape(x, [4])).toThrow(ShapeError);
    expect(() => reshape(x, [4, -1])).toThrow("reshape: [2, 3] has 6 elements, [4, -1] holds another number.");
    expect(() => reshape(x, [-1, -1])).toThrow(ShapeError);
    expect(() => reshape(x, [0, -1])).toThrow(ShapeError);
  });
});
