import { describe, expect, it } from "vitest";
import type { TypedArray } from "../tensor/dtype.ts";
import { stridesOf } from "../tensor/shape.ts";
import type { HostOperand } from "./operand.ts";
import { elementwiseCopy } from "./strided-copy.ts";

/** Copy the elements of a layout over 0, 1, 2, … into an array of another kind. */
function copied(shape: number[], strides: number[], offset: number, target: TypedArray): number[] {
  const data = Float64Array.from({ length: 40 }, (_, i) => i + 0.25);
  const source: HostOperand = { shape, strides, offset, dtype: "float64", data };
  elementwiseCopy({ shape, strides: stridesOf(shape), offset: 1, dtype: "float64", data: target }, source);
  return Array.from(target);
}

describe("elementwiseCopy", () => {
  it("walks any layout row-major, from an offset to an offset", () => {
    expect(copied([2, 2], [2, 1], 3, new Float64Array(5))).toEqual([0, 3.25, 4.25, 5.25, 6.25]);
    expect(copied([2, 2], [1, 2], 0, new Float64Array(5))).toEqual([0, 0.25, 2.25, 1.25, 3.25]);
    expect(copied([2, 2, 2], [0, -4, 1], 8, new Float64Array(9))).toEqual([
      0, 8.25, 9.25, 4.25, 5.25, 8.25, 9.25, 4.25, 5.25,
    ]);
  });

  it("converts in the store", () => {
    expect(copied([2], [1], 0, new Int32Array(3))).toEqual([0, 0, 1]);
    expect(copied([2], [3], 0, new Float32Array(3))).toEqual([0, 0.25, 3.25]);
  });

  it("copies scalars and nothing", () => {
    expect(copied([], [], 7, new Float64Array(2))).toEqual([0, 7.25]);
    expect(copied([2, 0], [1, 5], 7, new Float64Array(2))).toEqual([0, 0]);
  });
});
