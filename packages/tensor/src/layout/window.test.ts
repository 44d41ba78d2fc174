import { describe, expect, it } from "vitest";
import { ShapeError, UsageError } from "../errors.ts";
import { fourAxes, outputSize, type Pair, pair } from "./window.ts";

const plain = { kernel: [3, 3], stride: [1, 1], padding: [0, 0], dilation: [1, 1] } as const;

describe("pair", () => {
  it("doubles a number and keeps [vertical, horizontal]", () => {
    expect(pair("conv2d", "stride", 2, 1)).toEqual([2, 2]);
    expect(pair("conv2d", "stride", [1, 3], 1)).toEqual([1, 3]);
  });

  it("refuses fractions and what is too small, naming the option", () => {
    expect(() => pair("conv2d", "stride", 0, 1)).toThrow(UsageError);
    expect(() => pair("conv2d", "padding", 1.5, 0)).toThrow("conv2d: padding must be a whole number ≥ 0");
    expect(() => pair("conv2d", "padding", [1, 2, 3] as unknown as Pair, 0)).toThrow(UsageError);
  });
});

describe("outputSize", () => {
  it("counts the places of a window", () => {
    expect(outputSize("conv2d", [5, 7], plain)).toEqual([3, 5]);
    expect(outputSize("conv2d", [5, 7], { ...plain, padding: [1, 0], stride: [2, 3] })).toEqual([3, 2]);
    expect(outputSize("conv2d", [5, 7], { ...plain, dilation: [2, 3] })).toEqual([1, 1]);
  });

  it("leaves pixels over when the stride does not divide", () => {
    expect(outputSize("conv2d", [6, 6], { ...plain, stride: [2, 2] })).toEqual([2, 2]);
  });

  it("throws ShapeError with the numbers when the window does not fit, and for an empty image", () => {
    expect(() => outputSize("conv2d", [2, 7], plain)).toThrow(
      "conv2d: a window of [3, 3] does not fit into an image of [2, 7] (expected at least 3 padded pixels vertically, got 2).",
    );
    expect(() => outputSize("conv2d", [0, 7], { ...plain, padding: [2, 2] })).toThrow(ShapeError);
  });
});

describe("fourAxes", () => {
  it("names the operand that lacks an axis", () => {
    expect(() => fourAxes("conv2d", "x", [3, 8, 8])).toThrow(
      "conv2d: x must have the axes [N, C, H, W] (got [3, 8, 8]).",
    );
  });
});
