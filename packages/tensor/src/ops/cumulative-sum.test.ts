import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { cumulativeSum } from "./cumulative-sum.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([
  [1, 2, 3],
  [10, 20, 30],
]);

// Gradients of both orders, layouts and dtypes are tried by the op suite, which finds the op by itself.
describe("cumulativeSum", () => {
  it("equals values computed by hand, along any axis, from either end", () => {
    expect(values(cumulativeSum(x))).toEqual([1, 3, 6, 10, 30, 60]);
    expect(values(cumulativeSum(x, 0))).toEqual([1, 2, 3, 11, 22, 33]);
    expect(values(cumulativeSum(x, -1, { reverse: true }))).toEqual([6, 5, 3, 60, 50, 30]);
  });

  it("keeps int32, and spreads NaN to what comes after", () => {
    expect(cumulativeSum(tensor([1, 2], { dtype: "int32" })).dtype).toBe("int32");
    expect(values(cumulativeSum(tensor([1, Number.NaN, 1])))).toEqual([1, Number.NaN, Number.NaN]);
  });

  it("gives nothing for nothing", () => {
    expect(cumulativeSum(zeros([2, 0])).shape).toEqual([2, 0]);
  });

  it("refuses an axis that is not there", () => {
    expect(() => cumulativeSum(x, 2)).toThrow(UsageError);
    expect(() => cumulativeSum(tensor(1))).toThrow(UsageError);
  });
});
