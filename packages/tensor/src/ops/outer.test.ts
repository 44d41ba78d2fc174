import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { outer } from "./outer.ts";

describe("outer", () => {
  it("multiplies each by each", () => {
    const product = outer(tensor([1, 2]), tensor([3, 4, 5]));
    expect(product.shape).toEqual([2, 3]);
    expect(Array.from(product.dataSync())).toEqual([3, 4, 5, 6, 8, 10]);
  });

  it("refuses what is not a vector", () => {
    expect(() => outer(ones([2, 2]), ones([2]))).toThrow(ShapeError);
  });
});
