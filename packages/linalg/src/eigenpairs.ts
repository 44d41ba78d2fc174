/** Eigenvalues with their eigenvectors, and the rule for each vector's sign, which is the same for every solver and backend. */

import type { Tensor } from "@kronograd/tensor";

/** Eigenvalues and eigenvectors of a symmetric matrix, as `eigh` gives them: a plain tree, as optimizer state may hold. */
export type Eigenpairs = {
  /** [n] */
  readonly values: Tensor;
  /** [n, n], one eigenvector a column. */
  readonly vectors: Tensor;
};

/**
 * The sign that makes the first component of at least half the largest size positive. (The largest itself would not do: in
 * (1, −1)/√2 rounding decides which one that is.)
 */
export function signOf(n: number, component: (i: number) => number): 1 | -1 {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(component(i)));
  for (let i = 0; i < n; i++) if (Math.abs(component(i)) >= largest / 2) return component(i) < 0 ? -1 : 1;
  return 1;
}
