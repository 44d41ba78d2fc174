import { describe, expect, it } from "vitest";
import { growthExponent, median, paired, quantile } from "./statistics.ts";

describe("quantile", () => {
  it("interpolates between neighbours", () => {
    expect(quantile([4, 1, 3, 2, 5], 0.5)).toBe(3);
    expect(quantile([10, 20], 0.9)).toBeCloseTo(19);
    expect([0, 1].map((p) => quantile([3, 1, 2], p))).toEqual([1, 3]);
  });

  it("leaves the samples in their order", () => {
    const samples = [3, 1, 2];
    quantile(samples, 0.5);
    expect(samples).toEqual([3, 1, 2]);
  });

  it("refuses no samples", () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
});

describe("median", () => {
  it("is the mean of the two middle samples of an even number", () => {
    expect(median([1, 100, 2, 3])).toBe(2.5);
  });
});

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
