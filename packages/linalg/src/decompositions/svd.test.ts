import {
  eye,
  matmul,
  mul,
  NumericalError,
  normal,
  Rng,
  reshape,
  scale,
  sqrt,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gram } from "../syrk.ts";
import { eigh } from "./eigh.ts";
import { svd } from "./svd.ts";

const f64 = { dtype: "float64" } as const;
/** Backward stable: errors are a few ε‖X‖ times the size. */
const tolerance = { rtol: 1e-12 };

function expectDecomposition(X: Tensor): void {
  const r = Math.min(...X.shape);
  const { U, values, V } = svd(X);
  expect(matmul(mul(U, reshape(values, [1, r])), transpose(V))).toBeAllclose(X, tolerance);
  expect(gram(U)).toBeAllclose(eye(r, f64), tolerance);
  expect(gram(V)).toBeAllclose(eye(r, f64), tolerance);
  const s = values.dataSync();
  for (let i = 0; i < r; i++) expect(s[i]).toBeGreaterThanOrEqual(s[i + 1] ?? 0);
}

describe("svd", () => {
  it("rebuilds X from descending singular values and orthonormal vectors, for any shape", () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(size, size, fc.nat(), (m, n, seed) => expectDecomposition(normal(new Rng(seed), [m, n], f64))),
      { numRuns: 40, seed: 0 },
    );
  });

  it("does so for a dependent, a zero and a transposed matrix, and in small and large units", () => {
    const X = normal(new Rng(1), [6, 4], f64);
    expectDecomposition(matmul(X, tensor([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 2], [0, 0, 2, 4]], f64))); // biome-ignore format: a matrix
    expectDecomposition(zeros([3, 2], f64));
    expectDecomposition(transpose(X));
    for (const unit of [1e-200, 1e200]) expectDecomposition(scale(X, unit));
  });

  it("has the roots of the Gram matrix's eigenvalues", () => {
    const X = normal(new Rng(2), [7, 3], f64);
    const roots = sqrt(eigh(gram(X)).values)
      .dataSync()
      .toReversed();
    expect(svd(X).values).toBeAllclose(roots, tolerance);
  });

  it("accepts a matrix without columns and refuses NaN", () => {
    expect(svd(zeros([3, 0], f64)).values.shape).toEqual([0]);
    expect(() => svd(tensor([[Number.NaN, 1]]))).toThrow(NumericalError);
    expect(() => svd(tensor([[1, Number.NaN]]))).toThrow("svd: A is not finite (element [0, 1] is NaN, matrix [1, 2])");
  });
});
