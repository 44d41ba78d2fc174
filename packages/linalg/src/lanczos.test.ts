import { add, eye, matmul, normal, Rng, ShapeError, tensor, transpose, UsageError } from "@kronograd/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eigh } from "./decompositions/index.ts";
import { lanczos } from "./lanczos.ts";
import { denseOperator, diagonalOperator, identityOperator } from "./operator.ts";

const f64 = { dtype: "float64" } as const;

function symmetric(n: number, seed: number) {
  const M = normal(new Rng(seed), [n, n], f64);
  return add(M, transpose(M));
}

describe("lanczos", () => {
  it("gives orthonormal Q with Qᵀ A Q = T, tridiagonal", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 15 }), fc.nat(), (n, seed) => {
        const A = symmetric(n, seed);
        const k = Math.ceil(n / 2);
        const { Q, T } = lanczos(denseOperator(A), k, new Rng(seed));
        expect(matmul(transpose(Q), Q)).toBeAllclose(eye(k, f64), { rtol: 1e-13 });
        expect(matmul(transpose(Q), matmul(A, Q))).toBeAllclose(T, { rtol: 1e-12 });
      }),
      { numRuns: 20, seed: 0 },
    );
  });

  it("has all of A's eigenvalues after n steps", () => {
    const A = symmetric(10, 2);
    const { T } = lanczos(denseOperator(A), 10, new Rng(0));
    expect(eigh(T).values).toBeAllclose(eigh(A).values, { rtol: 1e-12 });
  });

  it("finds the extreme eigenvalues of a large operator in few steps, without copies of them", () => {
    const n = 300;
    const spectrum = Float64Array.from({ length: n }, (_, i) => (i === 0 ? -5 : i === 1 ? 10 : i / n));
    const { T } = lanczos(diagonalOperator(tensor(spectrum)), 30, new Rng(1));
    const values = eigh(T).values.dataSync();
    expect(values[0]).toBeCloseTo(-5, 12);
    expect(values.at(-1)).toBeCloseTo(10, 12);
    expect(values.at(-2)).toBeLessThan(1);
  });

  it("stays orthonormal where a new vector is all but in the span of the old ones", () => {
    const near = [1, 2, 3].flatMap((value) => [value, value + 1e-10]);
    const { Q } = lanczos(diagonalOperator(tensor(near, f64)), 5, new Rng(1));
    expect(matmul(transpose(Q), Q)).toBeAllclose(eye(5, f64), { rtol: 1e-13 });
  });

  it("stops where the Krylov space is exhausted: one step for the identity, three for three eigenvalues", () => {
    expect(lanczos(identityOperator(5, eye(1, f64)), 5, new Rng(1)).T.shape).toEqual([1, 1]);
    const three = diagonalOperator(tensor([1, 1, 2, 2, 3, 3], f64));
    expect(lanczos(three, 6, new Rng(1)).T.shape).toEqual([3, 3]);
    expect(lanczos(diagonalOperator(tensor([0, 0], f64)), 2, new Rng(1)).T).toBeAllclose([[0]]);
  });

  it("refuses rectangles and step counts out of range", () => {
    expect(() => lanczos(denseOperator(normal(new Rng(0), [2, 3])), 1, new Rng(0))).toThrow(ShapeError);
    expect(() => lanczos(denseOperator(eye(3)), 4, new Rng(0))).toThrow(UsageError);
  });
});
