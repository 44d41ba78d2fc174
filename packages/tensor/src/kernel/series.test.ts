import { describe, expect, it } from "vitest";
import { horner, series } from "./series.ts";

const value = (x: number, [first = 0, ...rest]: readonly number[]): number =>
  rest.length === 0 ? first : first + x * value(x, rest);

describe("series", () => {
  const within = (got: number, want: number) => expect(Math.abs(got / want - 1)).toBeLessThan(4e-7);

  it("are those functions where they are used", () => {
    for (const x of [-0.34, -0.1, 0.2, 0.34]) within(value(x, series.exp), Math.exp(x));
    for (const x of [-0.49, -0.1, 0.2, 0.49]) within(value(x, series.expm1), Math.expm1(x) / x);
    for (const x of [-0.33, -0.1, 0.2, 0.5]) {
      const s = x / (2 + x);
      within(2 * s * value(s * s, series.atanh), Math.log1p(x));
    }
  });

  it("meet at the border of erf, within 7.1.26's 1.5e-7", () => {
    const near = 1.1283792 * value(1, series.erf);
    const t = 1 / 1.3275911;
    const far = 1 - t * value(t, series.erfTail) * Math.exp(-1);
    expect(Math.abs(near - far)).toBeLessThan(3e-7);
    expect(Math.abs(near - 0.8427007929)).toBeLessThan(2e-7);
  });
});

describe("horner", () => {
  it("writes every number as a float", () => {
    expect(horner("q", [1, -0.5, 2e-7])).toBe("1.0 + q * (-0.5 + q * (2e-7))");
  });
});
