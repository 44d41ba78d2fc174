import { describe, expect, it } from "vitest";
import { DtypeError, ShapeError } from "../errors.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { matmul } from "./matmul.ts";
import { transpose } from "./permute.ts";
import { broadcastTo } from "./sum-broadcast.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

describe("matmul", () => {
  it("multiplies two matrices", () => {
    const product = matmul(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      tensor([
        [1, 0],
        [2, 1],
        [0, -1],
      ]),
    );
    expect(product.shape).toEqual([2, 2]);
    expect(values(product)).toEqual([5, -1, 14, -1]);
  });

  it("reads transposed views in place", () => {
    const a = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(values(matmul(transpose(a), a))).toEqual([10, 14, 14, 20]);
  });

  it("broadcasts leading axes against each other", () => {
    const a = tensor([[[[1, 2]]], [[[3, 4]]]]); // [2, 1, 1, 2]
    const b = tensor([
      [[1], [0]],
      [[0], [1]],
      [[1], [1]],
    ]); // [3, 2, 1]
    const product = matmul(a, b);
    expect(product.shape).toEqual([2, 3, 1, 1]);
    expect(values(product)).toEqual([1, 2, 3, 3, 4, 7]);
  });

  it("reads a broadcast view without a copy of it", () => {
    const a = broadcastTo(tensor([[1, 2]]), [3, 2]);
    expect(values(matmul(a, tensor([[1], [10]])))).toEqual([21, 21, 21]);
  });

  it("is zero where the inner size is 0, and empty where an outer size is", () => {
    expect(values(matmul(zeros([2, 0]), zeros([0, 2])))).toEqual([0, 0, 0, 0]);
    expect(matmul(zeros([0, 3]), zeros([3, 2])).shape).toEqual([0, 2]);
    expect(matmul(zeros([0, 2, 3]), zeros([3, 2])).shape).toEqual([0, 2, 2]);
  });

  it("keeps integers, and lets NaN and infinities through", () => {
    const integers = matmul(
      tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2] }),
      tensor(Int32Array.of(5, 6), { shape: [2, 1] }),
    );
    expect(integers.dtype).toBe("int32");
    expect(values(integers)).toEqual([17, 39]);
    expect(
      values(
        matmul(
          tensor([
            [Number.NaN, 1],
            [1, 1],
          ]),
          tensor([[1], [Infinity]]),
        ),
      ),
    ).toEqual([Number.NaN, Infinity]);
  });

  it("throws ShapeError with both shapes when inner sizes differ", () => {
    expect(() => matmul(zeros([32, 784]), zeros([800, 10]))).toThrow(
      new ShapeError({
        where: "matmul",
        problem: "inner sizes differ (left [32, 784], right [800, 10]: 784 ≠ 800)",
        help: "Transpose one side, or reshape what comes before.",
        details: { left: [32, 784], right: [800, 10] },
      }),
    );
  });

  it("throws ShapeError for a vector and says how to make a matrix of it", () => {
    expect(() => matmul(zeros([2, 3]), zeros([3]))).toThrow(
      "matmul: both sides must be matrices (left [2, 3], right [3]). Give a vector a second axis",
    );
  });

  it("throws ShapeError when leading axes do not broadcast, DtypeError when floats differ", () => {
    expect(() => matmul(zeros([2, 1, 1]), zeros([3, 1, 1]))).toThrow(ShapeError);
    expect(() => matmul(zeros([1, 1]), zeros([1, 1], { dtype: "float64" }))).toThrow(DtypeError);
  });
});
