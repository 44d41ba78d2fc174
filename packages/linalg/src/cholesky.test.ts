import {
  add,
  DtypeError,
  eye,
  matmul,
  NumericalError,
  normal,
  Rng,
  ShapeError,
  scale,
  sub,
  type Tensor,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { checkGradients } from "@kronograd/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cholesky, choleskyInverse, choleskySolve, logDet } from "./cholesky.ts";
import { determinant } from "./lu.ts";
import { syrk } from "./syrk.ts";

const f64 = { dtype: "float64" } as const;
const sizes = { n: fc.integer({ min: 1, max: 21 }), seed: fc.nat() };
/** Matrices below have condition numbers under 1e3. */
const rtol = 1e-11;

/** A random symmetric positive definite matrix. */
function definite(n: number, seed: number): Tensor {
  return add(syrk(normal(new Rng(seed), [n, n], f64)), eye(n, f64));
}

function caught(f: () => unknown): NumericalError {
  try {
    f();
  } catch (error) {
    return error as NumericalError;
  }
  throw new Error("nothing was thrown");
}

describe("cholesky", () => {
  it("factors a 3 × 3 matrix as by hand", () => {
    const A = tensor([[4, 12, -16], [12, 37, -43], [-16, -43, 98]], f64); // biome-ignore format: a matrix
    expect(cholesky(A)).toBeAllclose([[2, 0, 0], [6, 1, 0], [-8, 5, 3]], { rtol: 1e-15 }); // biome-ignore format: a matrix
  });

  it("rebuilds A = L Lᵀ with a positive diagonal and zeros above it, for sizes across the tile's", () => {
    fc.assert(
      fc.property(sizes.n, sizes.seed, (n, seed) => {
        const A = definite(n, seed);
        const L = cholesky(A);
        expect(matmul(L, transpose(L))).toBeAllclose(A, { rtol });
        L.dataSync().forEach((value, at) => {
          const [row, column] = [Math.floor(at / n), at % n];
          if (row === column) expect(value).toBeGreaterThan(0);
          if (row < column) expect(value).toBe(0);
        });
      }),
      { numRuns: 40, seed: 0 },
    );
  });

  it("reads only the lower triangle", () => {
    const A = tensor([[4, Number.NaN], [2, 5]], f64); // biome-ignore format: a matrix
    expect(cholesky(A)).toBeAllclose([[2, 0], [1, 2]], { rtol: 0 }); // biome-ignore format: a matrix
  });

  it("reads a transposed view as the matrix it is", () => {
    const upper = tensor([[4, 2], [Number.NaN, 5]], f64); // biome-ignore format: a matrix
    expect(cholesky(transpose(upper))).toBeAllclose([[2, 0], [1, 2]], { rtol: 0 }); // biome-ignore format: a matrix
  });

  it("has derivatives of first and second order, across tiles", () => {
    checkGradients(cholesky, [definite(6, 1)], { order: 2 });
    checkGradients((A) => logDet(cholesky(A)), [definite(5, 2)], { order: 2 });
    checkGradients((A, B) => choleskySolve(cholesky(A), B), [definite(4, 3), normal(new Rng(4), [4, 2], f64)], {
      order: 2,
    });
  });

  it("rounds float32 once: it is the float64 factor to the last place", () => {
    const A = syrk(normal(new Rng(3), [30, 40]));
    const exact = cholesky(tensor(Float64Array.from(A.dataSync()), { shape: [30, 30] }));
    expect(cholesky(A).dataSync()).toEqual(Float32Array.from(exact.dataSync()));
  });

  it("accepts the empty matrix", () => {
    expect(cholesky(tensor(new Float64Array(0), { shape: [0, 0] })).shape).toEqual([0, 0]);
  });

  it("throws NumericalError naming pivot, value and size when A is not positive definite", () => {
    const n = 6;
    const indefinite = sub(
      eye(n),
      tensor(
        Float32Array.from({ length: n * n }, (_, i) => (i === 28 ? 1.5 : 0)),
        { shape: [n, n] },
      ),
    ); // [4, 4] is −0.5
    const error = caught(() => cholesky(indefinite));
    expect(error).toBeInstanceOf(NumericalError);
    expect(error.details).toEqual({ pivot: 4, value: -0.5, shape: [6, 6] });
    expect(error.message).toMatchInlineSnapshot(
      `"cholesky: A is not positive definite (pivot 4 is -0.5, matrix [6, 6]). Raise damping by more than 0.5 or use float64 for factors."`,
    );
  });

  it("refuses a singular matrix, a NaN and an infinity, each by its pivot", () => {
    expect(caught(() => cholesky(tensor([[1, 1], [1, 1]], f64))).details).toMatchObject({ pivot: 1, value: 0 }); // biome-ignore format: a matrix
    const poisoned = caught(() => cholesky(tensor([[1, 0], [Number.NaN, 1]], f64))); // biome-ignore format: a matrix
    expect(poisoned.details).toMatchObject({ pivot: 1, value: Number.NaN });
    expect(poisoned.message).toContain("A is not finite (pivot 1 is NaN, matrix [2, 2])");
    expect(caught(() => cholesky(tensor([[Number.POSITIVE_INFINITY]], f64))).details).toMatchObject({ pivot: 0 });
  });

  it("refuses rectangles, vectors and integers", () => {
    expect(() => cholesky(tensor([[1, 2]]))).toThrow(ShapeError);
    expect(() => cholesky(tensor([1, 2]))).toThrow("A must be a matrix (got [2])");
    expect(() => cholesky(tensor(new Int32Array([1]), { shape: [1, 1] }))).toThrow(DtypeError);
  });
});

describe("choleskySolve", () => {
  it("solves A X = B", () => {
    fc.assert(
      fc.property(sizes.n, fc.integer({ min: 1, max: 9 }), sizes.seed, (n, k, seed) => {
        const A = definite(n, seed);
        const B = normal(new Rng(seed).fork("B"), [n, k], f64);
        expect(matmul(A, choleskySolve(cholesky(A), B))).toBeAllclose(B, { rtol });
      }),
      { numRuns: 30, seed: 0 },
    );
  });

  it("throws ShapeError when B has another row count", () => {
    expect(() => choleskySolve(eye(2), eye(3))).toThrow(ShapeError);
  });
});

describe("choleskyInverse", () => {
  it("is an exactly symmetric inverse", () => {
    fc.assert(
      fc.property(sizes.n, sizes.seed, (n, seed) => {
        const A = definite(n, seed);
        const inverse = choleskyInverse(cholesky(A));
        expect(matmul(A, inverse)).toBeAllclose(eye(n, f64), { rtol });
        expect(inverse.dataSync()).toEqual(transpose(inverse).dataSync());
      }),
      { numRuns: 20, seed: 0 },
    );
  });
});

describe("logDet", () => {
  it("is the logarithm of the determinant", () => {
    const A = definite(5, 1);
    expect(logDet(cholesky(A)).itemSync()).toBeCloseTo(Math.log(determinant(A).itemSync()), 11);
  });

  it("stays finite where the determinant overflows", () => {
    const A = scale(eye(400, f64), 1e3);
    expect(logDet(cholesky(A)).itemSync()).toBeCloseTo(400 * Math.log(1e3), 9);
  });
});
