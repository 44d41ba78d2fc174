import { matmul, normal, Rng, ShapeError, tensor, transpose } from "@kronograd/tensor";
import { checkGradients } from "@kronograd/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gram, syrk } from "./syrk.ts";

const f64 = { dtype: "float64" } as const;
const cases = [fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 40 }), fc.nat()] as const;
/** Sums of at most 40 products in any order. */
const rtol = 1e-14;

describe("syrk", () => {
  it("equals X Xᵀ and is exactly symmetric", () => {
    fc.assert(
      fc.property(...cases, (n, k, seed) => {
        const X = normal(new Rng(seed), [n, k], f64);
        const product = syrk(X);
        expect(product).toBeAllclose(matmul(X, transpose(X)), { rtol });
        expect(product.dataSync()).toEqual(transpose(product).dataSync());
      }),
      { numRuns: 30, seed: 0 },
    );
  });

  it("has derivatives of first and second order", () => {
    checkGradients(syrk, [normal(new Rng(2), [3, 4], f64)], { order: 2 });
    checkGradients(gram, [normal(new Rng(3), [3, 4], f64)], { order: 2 });
  });

  it("throws ShapeError for a vector", () => {
    expect(() => syrk(tensor([1, 2]))).toThrow(ShapeError);
  });
});

describe("gram", () => {
  it("equals Xᵀ X", () => {
    expect(gram(tensor([[1, 2], [3, 4]]))).toBeAllclose([[10, 14], [14, 20]], { rtol: 0 }); // biome-ignore format: a matrix
  });
});
