/**
 * Singular values: X = U diag(s) Vᵀ, s descending and ≥ 0, thin (r = min(m, n) columns).
 *
 * The work is ml-matrix's (bidiagonal form, then QR steps); this file holds the contract around it, as in eigh.ts. The sign of
 * each pair is fixed by V's column, as for eigenvectors.
 *
 * X [m, n] · U [m, r] · s [r] · V [n, r]
 */

import { defineOp, dispatch, type Spec, sampled, type Tensor } from "@kronograd/tensor";
import { SingularValueDecomposition } from "ml-matrix";
import { matrixSize, type None } from "../checks.ts";
import { signOf } from "../eigenpairs.ts";
import { rowsOf } from "./rows.ts";

/** The thin singular value decomposition. */
export interface Svd {
  /** [m, r] orthonormal columns. */
  readonly U: Tensor;
  /** [r], descending. */
  readonly values: Tensor;
  /** [n, r] orthonormal columns; the first component of at least half the largest size is positive. */
  readonly V: Tensor;
}

const svdOp = /* @__PURE__ */ defineOp<None>({
  name: "svd",
  shape([X]) {
    const [m, n] = matrixSize("svd", "X", X as Spec);
    const r = Math.min(m, n);
    const { dtype } = X as Spec;
    return [
      { shape: [m, r], dtype },
      { shape: [r], dtype },
      { shape: [n, r], dtype },
    ];
  },
  reference([U, s, V], [X]) {
    const [m, n] = X!.shape as [number, number];
    const r = Math.min(m, n);
    if (r === 0) return;
    const { rows, unit } = rowsOf("svd", X!);
    const { leftSingularVectors, rightSingularVectors, diagonal } = new SingularValueDecomposition(rows, {
      autoTranspose: true,
    });
    for (let j = 0; j < r; j++) {
      s!.data[s!.offset + j] = diagonal[j]! * unit;
      const sign = signOf(n, (i) => rightSingularVectors.get(i, j));
      for (let i = 0; i < m; i++) U!.data[U!.offset + i * r + j] = sign * leftSingularVectors.get(i, j);
      for (let i = 0; i < n; i++) V!.data[V!.offset + i * r + j] = sign * rightSingularVectors.get(i, j);
    }
  },
  noVjp: "differentiate eigh of the Gram matrix, whose derivative says when it does not exist",
});

/* @__PURE__ */ sampled(svdOp, (rng) => ({
  inputs: [{ shape: [1 + rng.integer(4), 1 + rng.integer(4)] }],
  params: {},
}));

/**
 * Decompose a matrix into singular values and vectors: X = U diag(s) Vᵀ.
 *
 * @param X   [m, n]
 * @returns   U [m, r], values [r] descending, V [n, r] with r = min(m, n)
 * @throws {ShapeError}      X is no matrix
 * @throws {NumericalError}  X is not finite
 * @cost      about 14 m n² flops for m ≥ n
 * @source    Golub & Van Loan, Matrix Computations, §8.6
 * @example
 * svd(tensor([[0, 2], [1, 0]])).values;   // [2, 1]
 */
export function svd(X: Tensor): Svd {
  const [U, values, V] = dispatch(svdOp, [X], {}) as [Tensor, Tensor, Tensor];
  return { U, values, V };
}
