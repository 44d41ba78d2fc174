import {
  add,
  eye,
  matmul,
  NumericalError,
  normal,
  Rng,
  ShapeError,
  scale,
  slice,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { checkGradients } from "@kronograd/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { determinant, lu, solve } from "./lu.ts";

const f64 = { dtype: "float64" } as const;
const sizes = [fc.integer({ min: 1, max: 13 }), fc.nat()] as const;
/** Random matrices of size 13 have condition numbers under 1e5 but for one in 1e4. */
const rtol = 1e-9;

describe("lu", () => {
  it("gives triangles whose product is A with its rows in the order of the permutation", () => {
    fc.assert(
      fc.property(...sizes, (n, seed) => {
        const A = normal(new Rng(seed), [n, n], f64);
        const { L, U, permutation } = lu(A);
        const rows = A.dataSync();
        const permuted = Float64Array.from({ length: n * n }, (_, at) => {
          const row = permutation.dataSync()[Math.floor(at / n)] as number;
          return rows[row * n + (at % n)] as number;
        });
        expect(matmul(L, U)).toBeAllclose({ shape: [n, n], data: permuted }, { rtol: 1e-13 });
        L.dataSync().forEach((value, at) => {
          const distance = (at % n) - Math.floor(at / n);
          if (distance >= 0) expect(value).toBe(distance === 0 ? 1 : 0);
          expect(Math.abs(value)).toBeLessThanOrEqual(1);
        });
      }),
      { numRuns: 30, seed: 0 },
    );
  });

  it("marks a singular matrix by a zero on U's diagonal", () => {
    const { U } = lu(tensor([[1, 2], [2, 4]], f64)); // biome-ignore format: a matrix
    expect(U).toBeAllclose([[2, 4], [0, 0]], { rtol: 0 }); // biome-ignore format: a matrix
  });
});

describe("solve", () => {
  it("solves A X = B", () => {
    fc.assert(
      fc.property(...sizes, fc.integer({ min: 1, max: 5 }), (n, seed, k) => {
        const rng = new Rng(seed);
        const A = normal(rng, [n, n], f64);
        const B = normal(rng, [n, k], f64);
        const X = solve(A, B);
        // A backward stable solve has a small residual relative to A X, whatever the condition number.
        const size = Math.max(...X.dataSync().map(Math.abs));
        expect(matmul(A, X)).toBeAllclose(B, { rtol: 0, atol: 1e-12 * n * Math.max(size, 1) });
      }),
      { numRuns: 40, seed: 0 },
    );
  });

  it("needs row exchanges for a zero corner", () => {
    expect(solve(tensor([[0, 2], [1, 0]], f64), tensor([[4], [3]], f64))).toBeAllclose([[3], [2]], { rtol: 0 }); // biome-ignore format: a matrix
  });

  it("has derivatives of first and second order in A and B", () => {
    const rng = new Rng(8);
    checkGradients(solve, [add(normal(rng, [4, 4], f64), scale(eye(4, f64), 4)), normal(rng, [4, 3], f64)], {
      order: 2,
    });
  });

  it("reads strided views", () => {
    const rng = new Rng(5);
    const A = normal(rng, [6, 6], f64);
    const B = slice(normal(rng, [12, 4], f64), [[11, undefined, -2], [0, 4, 2]]); // biome-ignore format: one range an axis
    expect(matmul(transpose(A), solve(transpose(A), B))).toBeAllclose(B, { rtol });
  });

  it("throws NumericalError naming the pivot when A is singular or not finite", () => {
    const singular = tensor([[1, 2], [2, 4]], f64); // biome-ignore format: a matrix
    expect(() => solve(singular, eye(2, f64))).toThrow(NumericalError);
    expect(() => solve(singular, eye(2, f64))).toThrow("solve: A is singular (pivot 1 is 0, matrix [2, 2])");
    expect(() => solve(tensor([[Number.NaN]], f64), eye(1, f64))).toThrow("pivot 0 is NaN");
  });

  it("throws ShapeError when B has another row count", () => {
    expect(() => solve(eye(2), eye(3))).toThrow(ShapeError);
  });
});

describe("determinant", () => {
  it("equals the formula for 2 × 2 and 3 × 3", () => {
    expect(determinant(tensor([[1, 2], [3, 4]], f64)).itemSync()).toBeCloseTo(-2, 14); // biome-ignore format: a matrix
    const A = tensor([[2, -3, 1], [2, 0, -1], [1, 4, 5]], f64); // biome-ignore format: a matrix
    expect(determinant(A).itemSync()).toBeCloseTo(49, 12);
  });

  it("is multiplicative, and is cⁿ for c I", () => {
    fc.assert(
      fc.property(...sizes, (n, seed) => {
        const rng = new Rng(seed);
        const [A, B] = [normal(rng, [n, n], f64), normal(rng, [n, n], f64)];
        const [a, b] = [determinant(A).itemSync(), determinant(B).itemSync()];
        expect(determinant(matmul(A, B))).toBeAllclose(a * b, { rtol });
        expect(determinant(scale(eye(n, f64), -2))).toBeAllclose((-2) ** n, { rtol: 0 });
      }),
      { numRuns: 20, seed: 0 },
    );
  });

  it("has derivatives of first and second order, but says so where A is singular", () => {
    checkGradients(determinant, [normal(new Rng(9), [4, 4], f64)], { order: 2 });
    const singular = tensor([[1, 2], [2, 4]], f64); // biome-ignore format: a matrix
    expect(() => checkGradients(determinant, [singular])).toThrow("solve: A is singular");
  });

  it("is 0 for a singular matrix and 1 for the empty one", () => {
    expect(determinant(tensor([[1, 2], [2, 4]], f64)).itemSync()).toBeCloseTo(0, 15); // biome-ignore format: a matrix
    expect(determinant(tensor(new Float64Array(0), { shape: [0, 0] })).itemSync()).toBe(1);
  });
});
