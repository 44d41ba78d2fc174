import { median } from "@kronograd/figures";
import { describe, expect, it } from "vitest";
import { growthExponent, paired } from "./statistics.ts";

describe("paired", () => {
  it("is not moved by a clock that slows down for both", () => {
    const ours = [1, 1, 2, 2, 2]; // the machine halves its clock after two rounds
    const theirs = [3, 3, 6, 6, 6];
    expect(paired(ours, theirs, (a, b) => b / a)).toEqual([3, 3, 3, 3, 3]);
    expect(median(theirs) / median(ours)).toBe(3);
    expect(median(paired([1, 1, 2], [3, 6, 6], (a, b) => b / a))).toBe(3); // of medians it would be 6
  });

  it("refuses rounds that one side did not take", () => {
    expect(() => paired([1, 2], [1], (a, b) => a / b)).toThrow(RangeError);
  });
});

describe("growthExponent", () => {
  it("finds the exponent of a power law", () => {
    const cubic = [256, 512, 4096].map((x) => [x, 7 * x ** 3] as const);
    expect(growthExponent(cubic)).toBeCloseTo(3, 12);
  });
});
