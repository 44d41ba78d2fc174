import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { dot, orthonormal } from "./orthonormal.ts";

const rounding = 2e-15; // a few ε of the unit columns

describe("orthonormal", () => {
  it("gives unit columns, orthogonal to each other and to those given", () => {
    const given = [new Float64Array(9).fill(1 / 3)];
    const columns = orthonormal(new Rng(0), 9, 5, given);
    expect(columns.length).toBe(5);
    const all = [...given, ...columns];
    all.forEach((a, i) => {
      all.forEach((b, j) => {
        expect(Math.abs(dot(a, b) - (i === j ? 1 : 0))).toBeLessThan(rounding);
      });
    });
  });

  it("stays orthogonal where a draw is almost parallel to the column before", () => {
    const rng = new Rng(1);
    // In the plane, among 2000 draws some come within 10⁻³ of the first column.
    const worst = Math.max(
      ...Array.from({ length: 2000 }, () => orthonormal(rng, 2, 2)).map(([a, b]) => Math.abs(dot(a!, b!))),
    );
    expect(worst).toBeLessThan(rounding);
  });
});
