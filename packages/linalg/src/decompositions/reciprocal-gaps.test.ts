import { NumericalError, tensor } from "@kronograd/tensor";
import { checkGradients } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { reciprocalGaps } from "./reciprocal-gaps.ts";

describe("reciprocalGaps", () => {
  it("is 1 / (w_j − w_i) with zeros on the diagonal", () => {
    const F = reciprocalGaps(tensor([1, 2, 4], { dtype: "float64" }));
    expect(F).toBeAllclose([[0, 1, 1 / 3], [-1, 0, 1 / 2], [-1 / 3, -1 / 2, 0]], { rtol: 1e-15 }); // biome-ignore format: a matrix
  });

  it("has derivatives of first and second order", () => {
    checkGradients(reciprocalGaps, [tensor([1, 2, 4], { dtype: "float64" })], { order: 2 });
  });

  it("throws NumericalError naming two eigenvalues that are equal to rounding", () => {
    expect(() => reciprocalGaps(tensor([1, 3, 3 + 1e-15], { dtype: "float64" }))).toThrow(NumericalError);
    expect(() => reciprocalGaps(tensor([1, 3, 3], { dtype: "float64" }))).toThrow(
      "eigenvalue 1 is 3, eigenvalue 2 is 3",
    );
  });
});
