import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { add, sub } from "./arithmetic.ts";
import { transpose } from "./permute.ts";
import { tril, triu } from "./tril-triu.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("tril and triu", () => {
  it("keep one side of a diagonal", () => {
    expect(values(tril(x))).toEqual([1, 0, 0, 4, 5, 0]);
    expect(values(triu(x))).toEqual([1, 2, 3, 0, 5, 6]);
    expect(values(tril(x, -1))).toEqual([0, 0, 0, 4, 0, 0]);
    expect(values(triu(x, 1))).toEqual([0, 2, 3, 0, 0, 6]);
  });

  it("add up to the matrix, in any layout", () => {
    const y = transpose(x);
    expect(values(sub(add(tril(y), triu(y, 1)), y))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("treat each matrix of a batch alike", () => {
    expect(values(tril(ones([2, 2, 2])))).toEqual([1, 0, 1, 1, 1, 0, 1, 1]);
  });

  it("refuse vectors", () => {
    expect(() => tril(ones([3]))).toThrow(ShapeError);
  });
});
