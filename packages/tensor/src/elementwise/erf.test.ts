import { describe, expect, it } from "vitest";
import { erf } from "./erf.ts";

describe("erf", () => {
  // values of the C library's erf
  it.each([
    [0, 0],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [5, 0.9999999999984626],
  ])("erf(%d) is %d to 2 units in the last place, and odd", (x, want) => {
    expect(Math.abs(erf(x) - want)).toBeLessThanOrEqual(4.5e-16);
    expect(erf(-x)).toBe(-erf(x));
  });

  it("is continuous where its two formulas meet, and has its limits", () => {
    expect(Math.abs(erf(2.5) - erf(2.5 - 1e-12))).toBeLessThan(1e-14);
    expect([erf(7), erf(-7), erf(Number.POSITIVE_INFINITY)]).toEqual([1, -1, 1]);
    expect(erf(Number.NaN)).toBeNaN();
  });
});
