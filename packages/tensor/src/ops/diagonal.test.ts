import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { eye, ones, tensor } from "../tensor/create.ts";
import { diag, diagonal, trace } from "./diagonal.ts";
import { transpose } from "./permute.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [
    [1, 2],
    [3, 4],
  ],
  [
    [5, 6],
    [7, 8],
  ],
]);

describe("diagonal", () => {
  it("reads the diagonals of a batch without a copy", () => {
    expect(values(diagonal(x))).toEqual([1, 4, 5, 8]);
    expect(diagonal(transpose(x)).storage).toBe(x.storage);
  });

  it("refuses what is not square", () => {
    expect(() => diagonal(ones([2, 3]))).toThrow(ShapeError);
    expect(() => diagonal(ones([3]))).toThrow("diagonal: needs square matrices (expected [..., n, n], got [3]).");
  });
});

describe("diag", () => {
  it("makes matrices with given diagonals", () => {
    expect(values(diag(ones([2])))).toEqual(values(eye(2)));
    expect(values(diagonal(diag(diagonal(x))))).toEqual(values(diagonal(x)));
    expect(() => diag(tensor(1))).toThrow(ShapeError);
  });
});

describe("trace", () => {
  it("sums the diagonal", () => {
    expect(values(trace(x))).toEqual([5, 13]);
  });
});
