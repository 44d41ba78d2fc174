import { type Matrix, normal, Rng, steps, transposed } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { factorLower, flipped, scratchOf, solveLower } from "./recursive.ts";

/** Sizes below, at and above the one that is not halved (16), and one that is halved unevenly several times. */
const sizes = [1, 5, 16, 17, 75];
/** Sums of at most 75 products, in float64. */
const tolerance = 1e-12;

const at = ({ data, offset, rows, columns }: Matrix, i: number, j: number) => data[offset + rows[i]! + columns[j]!]!;

function random(rng: Rng, m: number, n: number): Matrix {
  const data = normal(rng, [m, n], { dtype: "float64" }).dataSync();
  return { data, offset: 0, rows: steps(m, n), columns: steps(n, 1) };
}

/** Random below a diagonal of 5…6; what is above is NaN, so nobody may read it. */
function lower(rng: Rng, n: number): Matrix {
  const L = random(rng, n, n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) L.data[i * n + j] = i === j ? 5 + rng.uniform() : Number.NaN;
  }
  return L;
}

/** The largest |L X − B|. */
function residual(L: Matrix, X: Matrix, B: Matrix, diagonal?: number): number {
  let worst = 0;
  for (let i = 0; i < B.rows.length; i++) {
    for (let j = 0; j < B.columns.length; j++) {
      let total = (diagonal ?? at(L, i, i)) * at(X, i, j);
      for (let k = 0; k < i; k++) total += at(L, i, k) * at(X, k, j);
      worst = Math.max(worst, Math.abs(total - at(B, i, j)));
    }
  }
  return worst;
}

const copied = (matrix: Matrix): Matrix => ({ ...matrix, data: matrix.data.slice() });

describe("scratchOf", () => {
  it("copies any layout row-major into float64", () => {
    const view = {
      data: Float32Array.of(0, 1, 2, 3, 4, 5, 6),
      shape: [2, 3],
      strides: [1, 2],
      offset: 1,
      dtype: "float32",
    } as const;
    expect(scratchOf(view).data).toEqual(Float64Array.of(1, 3, 5, 2, 4, 6));
  });
});

describe("solveLower", () => {
  it("solves L X = B, reading only the lower triangle", () => {
    for (const n of sizes) {
      const rng = new Rng(n);
      const [L, B] = [lower(rng, n), random(rng, n, 6)];
      const X = copied(B);
      solveLower(L, X);
      expect(residual(L, X, B)).toBeLessThan(tolerance);
    }
  });

  it("takes the diagonal as ones where it is told so", () => {
    const rng = new Rng(1);
    const [L, B] = [lower(rng, 20), random(rng, 20, 2)];
    for (let i = 0; i < 20; i++) for (let j = 0; j < i; j++) L.data[i * 20 + j]! /= 20;
    const X = copied(B);
    solveLower(L, X, true);
    expect(residual(L, X, B, 1)).toBeLessThan(tolerance);
  });

  it("keeps the zeros above an inverse's diagonal exact, and finds a NaN among them", () => {
    const n = 40;
    const L = lower(new Rng(2), n);
    const inverse = { ...random(new Rng(3), n, n), data: new Float64Array(n * n) };
    for (let i = 0; i < n; i++) inverse.data[i * n + i] = 1;
    const identity = copied(inverse);
    const poisoned = copied(inverse);
    solveLower(L, inverse);
    expect(residual(L, inverse, identity)).toBeLessThan(tolerance);
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(at(inverse, i, j)).toBe(0);
    poisoned.data[n - 1] = Number.NaN;
    solveLower(L, poisoned);
    expect(at(poisoned, n - 1, n - 1)).toBeNaN();
  });

  it("works on transposed and reversed matrices in place", () => {
    const n = 33;
    const rng = new Rng(4);
    const [L, B] = [lower(rng, n), random(rng, 3, n)];
    const X = copied(B);
    solveLower(L, transposed(X));
    expect(residual(L, transposed(X), transposed(B))).toBeLessThan(tolerance);
    const upper = transposed(flipped(transposed(flipped(L)))); // reversed in both: an upper triangle
    const Y = copied(B);
    solveLower(transposed(flipped(transposed(flipped(upper)))), transposed(Y));
    expect(Y.data).toEqual(X.data);
  });
});

describe("factorLower", () => {
  it("gives L with L Lᵀ = A, reading only the lower triangle", () => {
    for (const n of sizes) {
      const A = random(new Rng(n), n, n);
      const known = lower(new Rng(n + 1), n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let total = 0;
          for (let k = 0; k <= j; k++) total += j <= i ? at(known, i, k) * at(known, j, k) : Number.NaN;
          A.data[i * n + j] = total;
        }
      }
      factorLower(A, () => new Error("no"));
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) expect(Math.abs(at(A, i, j) - at(known, i, j))).toBeLessThan(tolerance);
      }
    }
  });

  it("names the pivot that is not positive, in every half", () => {
    for (const pivot of [0, 7, 18, 39]) {
      const n = 40;
      const A = { ...random(new Rng(1), n, n), data: new Float64Array(n * n) };
      for (let i = 0; i < n; i++) A.data[i * n + i] = i === pivot ? -2 : 1;
      expect(() => factorLower(A, (at, value) => new Error(`${at}: ${value}`))).toThrow(`${pivot}: -2`);
    }
  });
});
