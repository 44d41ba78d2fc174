import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, random } from "../../testing/index.ts";
import { avgPool2d, globalAvgPool2d, maxPool2d } from "./pooling.ts";

const image = f64([[[[1, 2], [3, 6]]]]); // biome-ignore format: an image

describe("maxPool2d", () => {
  it("takes the largest of each window, which do not overlap by default", () => {
    expect(maxPool2d(2).forward(image, evaluation)).toBeAllclose([[[[6]]]]);
    expect(maxPool2d(2).forward(random([2, 3, 6, 8]), evaluation).shape).toEqual([2, 3, 3, 4]);
    expect(maxPool2d(3, { stride: 2, padding: 1 }).forward(random([1, 1, 7, 7]), evaluation).shape).toEqual([
      1, 1, 4, 4,
    ]);
  });

  it("has right gradients", () => {
    expectRightGradients(maxPool2d([2, 3], { stride: 1 }), random([2, 2, 4, 4]));
  });
});

describe("avgPool2d", () => {
  it("averages each window, with padding as zeros or left out", () => {
    expect(avgPool2d(2).forward(image, evaluation)).toBeAllclose([[[[3]]]]);
    const corner = (countIncludePad: boolean) =>
      avgPool2d(2, { padding: 1, countIncludePad }).forward(image, evaluation).dataSync()[0];
    expect(corner(true)).toBe(0.25);
    expect(corner(false)).toBe(1);
  });

  it("has right gradients", () => {
    expectRightGradients(avgPool2d(3, { stride: 2, padding: 1 }), random([2, 2, 5, 5]));
  });
});

describe("globalAvgPool2d", () => {
  it("averages each channel", () => {
    expect(globalAvgPool2d().forward(image, evaluation)).toBeAllclose([[3]]);
    expectRightGradients(globalAvgPool2d(), random([2, 3, 2, 2]));
  });
});
