import {
  add,
  diag,
  eye,
  matmul,
  mul,
  NumericalError,
  normal,
  Rng,
  ShapeError,
  scale,
  square,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "@kronograd/tensor";
import { checkGradients } from "@kronograd/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eigh, fromEigen } from "./eigh.ts";

const f64 = { dtype: "float64" } as const;
/** Backward stable: errors are a few ε‖A‖ times the size. */
const tolerance = { rtol: 1e-12 };

function symmetric(n: number, seed: number): Tensor {
  const M = normal(new Rng(seed), [n, n], f64);
  return add(M, transpose(M));
}

function expectDecomposition(A: Tensor): void {
  const n = A.shape[0] as number;
  const { values, vectors } = eigh(A);
  expect(fromEigen(vectors, values)).toBeAllclose(A, tolerance);
  expect(matmul(transpose(vectors), vectors)).toBeAllclose(eye(n, f64), tolerance);
  const w = values.dataSync();
  for (let i = 1; i < n; i++) expect(w[i]).toBeGreaterThanOrEqual(w[i - 1] as number);
  const v = vectors.dataSync();
  for (let j = 0; j < n; j++) {
    const column = Array.from({ length: n }, (_, i) => v[i * n + j] as number);
    const largest = Math.max(...column.map(Math.abs));
    expect(column.find((value) => Math.abs(value) >= largest / 2)).toBeGreaterThan(0);
  }
}

describe("eigh", () => {
  it("rebuilds A from ascending eigenvalues and orthonormal vectors whose first large component is positive", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), fc.nat(), (n, seed) => expectDecomposition(symmetric(n, seed))),
      { numRuns: 30, seed: 0 },
    );
  });

  it("does so for diagonal, repeated, zero and rank-one matrices", () => {
    expectDecomposition(tensor([[3, 0, 0], [0, -1, 0], [0, 0, 2]], f64)); // biome-ignore format: a matrix
    expectDecomposition(eye(5, f64));
    expectDecomposition(zeros([4, 4], f64));
    expectDecomposition(
      tensor(
        Array.from({ length: 6 }, () => new Array<number>(6).fill(1)),
        f64,
      ),
    );
  });

  it("does so in any units, from 1e-300 to 1e300", () => {
    for (const unit of [1e-300, 1e-8, 1e300]) expectDecomposition(scale(symmetric(5, 1), unit));
  });

  it("equals the formula for 2 × 2", () => {
    const { values, vectors } = eigh(tensor([[2, 1], [1, 2]], f64)); // biome-ignore format: a matrix
    const h = Math.SQRT1_2;
    expect(values).toBeAllclose([1, 3], tolerance);
    expect(vectors.dataSync().map(Math.abs)).toBeAllclose([h, h, h, h], tolerance);
  });

  it("computes float32 in float64 and rounds at the end", () => {
    const A = tensor(Float32Array.from(symmetric(6, 3).dataSync()), { shape: [6, 6] });
    const exact = eigh(tensor(Float64Array.from(A.dataSync()), { shape: [6, 6] }));
    expect(eigh(A).values.dataSync()).toEqual(Float32Array.from(exact.values.dataSync()));
    expect(eigh(A).vectors.dtype).toBe("float32");
  });

  it("has derivatives of first and second order in values and vectors", () => {
    const free = { symmetry: Number.POSITIVE_INFINITY }; // differences disturb single elements
    const A = add(symmetric(4, 2), diag(tensor([0, 5, 10, 15], f64)));
    checkGradients((a) => eigh(a, free).values, [A], { order: 2 });
    checkGradients((a) => eigh(a, free).vectors, [A], { order: 2 });
    const squared = (a: Tensor) => fromEigen(eigh(a, free).vectors, square(eigh(a, free).values));
    checkGradients(squared, [A], { order: 2 });
  });

  it("says so where eigenvalues are equal and their vectors are differentiated", () => {
    const free = { symmetry: Number.POSITIVE_INFINITY };
    expect(() => checkGradients((a) => eigh(a, free).vectors, [eye(3, f64)])).toThrow(
      "eigenvectors have no derivative where eigenvalues are equal (eigenvalue 0 is 1, eigenvalue 1 is 1)",
    );
    checkGradients((a) => sum(eigh(a, free).values), [eye(3, f64)]); // the trace
  });

  it("accepts the empty matrix", () => {
    expect(eigh(tensor(new Float64Array(0), { shape: [0, 0] })).values.shape).toEqual([0]);
  });

  it("throws NumericalError with the elements that differ when A is not symmetric", () => {
    const A = tensor([[1, 2], [2.5, 4]], f64); // biome-ignore format: a matrix
    expect(() => eigh(A)).toThrow(NumericalError);
    expect(() => eigh(A)).toThrow(
      "eigh: A is not symmetric (elements [1, 0] and [0, 1] differ by 0.50, largest element 4.0, matrix [2, 2])",
    );
    expect(eigh(A, { symmetry: 0.2 }).values).toBeAllclose(eigh(tensor([[1, 2.25], [2.25, 4]], f64)).values, tolerance); // biome-ignore format: a matrix
  });

  it("throws NumericalError naming an element that is not finite, ShapeError for a rectangle", () => {
    expect(() => eigh(tensor([[1, 0], [0, Number.NaN]], f64))).toThrow("element [1, 1] is NaN, matrix [2, 2]"); // biome-ignore format: a matrix
    expect(() => eigh(tensor([[1, 2]]))).toThrow(ShapeError);
  });
});

describe("fromEigen", () => {
  it("makes functions of a matrix: the square of the square root is A", () => {
    const M = normal(new Rng(4), [5, 5], f64);
    const A = matmul(M, transpose(M));
    const { values, vectors } = eigh(A);
    const root = fromEigen(vectors, tensor(values.dataSync().map(Math.sqrt)));
    expect(matmul(root, root)).toBeAllclose(A, tolerance);
    expect(fromEigen(vectors, mul(values, 0))).toBeAllclose(zeros([5, 5]), tolerance);
  });
});
