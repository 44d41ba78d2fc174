import {
  eye,
  full,
  matmul,
  mul,
  NumericalError,
  normal,
  Rng,
  reshape,
  ShapeError,
  scale,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { eigh } from "./decompositions/index.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

const float64 = { dtype: "float64" } as const;
const random = (seed: number, n: number): Tensor => {
  const M = normal(new Rng(seed), [n, n], float64);
  return M.add(transpose(M));
};

function check(K: Tensor): void {
  const { values, vectors } = symmetricEigen(K);
  const n = K.shape[0] as number;
  expect(matmul(transpose(vectors), mul(reshape(values, [n, 1]), vectors))).toBeAllclose(K, {
    rtol: 1e-12,
    atol: 1e-300,
  });
  expect(matmul(vectors, transpose(vectors))).toBeAllclose(eye(n, float64), { rtol: 1e-12 });
  const list = [...values.dataSync()];
  expect(list).toEqual(list.toSorted((a, b) => a - b));
  const rows = vectors.dataSync();
  for (let i = 0; i < n; i++) {
    const row = [...rows.subarray(i * n, (i + 1) * n)];
    const largest = Math.max(...row.map(Math.abs));
    expect(row.find((x) => Math.abs(x) >= largest / 2)).toBeGreaterThan(0);
  }
}

describe("symmetricEigen", () => {
  it("rebuilds random matrices from ascending values and orthonormal rows whose first large component is positive", () => {
    for (const n of [1, 2, 3, 7, 40]) check(random(n, n));
  });

  it("finds the eigenvalues that eigh finds", () => {
    const K = random(1, 25);
    expect(symmetricEigen(K).values).toBeAllclose(eigh(K).values, { rtol: 1e-12 });
  });

  it("takes repeated eigenvalues, zeros, low rank and diagonals", () => {
    check(eye(5, float64));
    check(zeros([4, 4], float64));
    check(full([6, 6], 1, float64)); // rank 1
    check(tensor([[3, 0, 0], [0, -2, 0], [0, 0, 1]], float64)); // biome-ignore format: a matrix
    const X = normal(new Rng(2), [12, 3], float64);
    check(matmul(X, transpose(X)));
  });

  it("takes large and small units", () => {
    for (const unit of [1e-120, 1e120]) check(scale(random(3, 6), unit));
  });

  it("throws NumericalError for a matrix that is not finite, and ShapeError for one that is not square", () => {
    expect(() => symmetricEigen(full([3, 3], Number.NaN, float64))).toThrow(NumericalError);
    expect(() => symmetricEigen(zeros([2, 3], float64))).toThrow(ShapeError);
  });
});
