import { describe, expect, it } from "vitest";
import { ones, tensor } from "../tensor/create.ts";
import { mean } from "./mean.ts";

const x = tensor([
  [1, 2, 3],
  [5, 6, 7],
]);

describe("mean", () => {
  it("divides the sum by the number of elements", () => {
    expect(mean(x).itemSync()).toBe(4);
    expect(Array.from(mean(x, 0).dataSync())).toEqual([3, 4, 5]);
    expect(mean(x, 1, { keepdims: true }).shape).toEqual([2, 1]);
  });

  it("of int32 is float32; of nothing, NaN", () => {
    const half = mean(tensor([1, 2], { dtype: "int32" }));
    expect([half.dtype, half.itemSync()]).toEqual(["float32", 1.5]);
    expect(mean(ones([0])).itemSync()).toBeNaN();
  });
});
