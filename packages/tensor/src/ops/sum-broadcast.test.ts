import { describe, expect, it } from "vitest";
import { ShapeError, UsageError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { transpose } from "./permute.ts";
import { slice } from "./slice.ts";
import { broadcastTo, sum, sumTo } from "./sum-broadcast.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("sum", () => {
  it("sums all, some or no axes", () => {
    expect(sum(x).itemSync()).toBe(21);
    expect(values(sum(x, 0))).toEqual([5, 7, 9]);
    expect(values(sum(x, -1))).toEqual([6, 15]);
    expect(values(sum(x, []))).toEqual(values(x));
    expect(values(sum(ones([2, 3, 4]), [0, 2]))).toEqual([8, 8, 8]);
  });

  it("keeps axes with size 1 when asked to", () => {
    expect(sum(x, 0, { keepdims: true }).shape).toEqual([1, 3]);
    expect(sum(x, undefined, { keepdims: true }).shape).toEqual([1, 1]);
  });

  it("reads strided views", () => {
    expect(values(sum(transpose(x), 0))).toEqual([6, 15]);
    expect(values(sum(slice(x, [null, [0, 3, 2]]), 1))).toEqual([4, 10]);
    expect(values(sum(broadcastTo(x, [2, 2, 3]), 0))).toEqual([2, 4, 6, 8, 10, 12]);
  });

  it("of nothing is 0", () => {
    expect(sum(ones([0])).itemSync()).toBe(0);
    expect(values(sum(ones([0, 2]), 0))).toEqual([0, 0]);
  });

  it("of float32 is accurate: 2²⁴ + 1000 ones are not lost", () => {
    const big = tensor(Float32Array.from({ length: 1001 }, (_, i) => (i === 0 ? 2 ** 24 : 1)));
    expect(sum(big).itemSync()).toBe(2 ** 24 + 1000);
  });

  it("refuses axes that are not there", () => {
    expect(() => sum(x, 2)).toThrow(UsageError);
  });
});

describe("broadcastTo", () => {
  it("repeats without a copy", () => {
    const row = tensor([1, 2]);
    const y = broadcastTo(row, [2, 2]);
    expect(values(y)).toEqual([1, 2, 1, 2]);
    expect(y.storage).toBe(row.storage);
    expect(broadcastTo(row, [2]).id).toBe(row.id);
  });

  it("refuses smaller and other shapes", () => {
    expect(() => broadcastTo(x, [3])).toThrow(
      "broadcastTo: target shape is smaller (expected at least [2, 3], got [3]).",
    );
    expect(() => broadcastTo(x, [4, 3])).toThrow(ShapeError);
  });
});

describe("sumTo", () => {
  it("is the transpose of broadcastTo", () => {
    expect(values(sumTo(x, [3]))).toEqual([5, 7, 9]);
    expect(values(sumTo(x, [2, 1]))).toEqual([6, 15]);
    expect(sumTo(x, []).itemSync()).toBe(21);
    expect(sumTo(x, [2, 3]).id).toBe(x.id);
    expect(() => sumTo(x, [2])).toThrow(ShapeError);
  });
});
