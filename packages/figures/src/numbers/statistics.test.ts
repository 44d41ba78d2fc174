import { describe, expect, it } from "vitest";
import { median, quantile } from "./statistics.ts";

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
});

describe("median", () => {
  it("is the middle value, or the mean of the two in the middle", () => {
    expect([[3], [1, 9], [9, 1, 2], [4, 1, 3, 2], [1, 100, 2, 3]].map(median)).toEqual([3, 5, 2, 2.5, 2.5]);
  });

  it("counts infinities as what they are, and is NaN of nothing", () => {
    expect(median([1, 2, Number.POSITIVE_INFINITY])).toBe(2);
    expect(median([1, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
    expect(median([Number.NEGATIVE_INFINITY, 1])).toBe(Number.NEGATIVE_INFINITY);
    expect(median([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
    expect(median([])).toBeNaN();
  });
});
