/**
 * Counted flops of the two ways to hold and invert one side's damped second moment M + μI, M = X Xᵀ [d, d] of c columns.
 *
 * *dual*: keep the columns, solve c × c systems (Woodbury). *primal*: keep M, invert d × d. Both are exact for the same
 * columns, so the choice is one of cost. A flop in float64 counts three times: inverses and eigenvalues are computed there.
 */

import { type Woodbury, woodburySize } from "@kronograd/linalg";

/** float32 flops that one in float64 is worth. */
const wide = 3;

/** Work of one side of a layer. */
export interface SideWork {
  /** d */
  readonly dimension: number;
  /** c, columns kept */
  readonly columns: number;
  /** Columns that a batch brings (≥ c where there is a cap). */
  readonly arriving: number;
  /** Vectors that the inverse is applied to, every step. */
  readonly vectors: number;
  /** Steps from one refresh to the next. */
  readonly refreshEvery: number;
  /** Flops of cutting the columns down to c, where there is a cap. */
  readonly truncation?: typeof truncationFlops | undefined;
}

/** Flops to apply V/μ + X C Xᵀ V to one vector. */
export const dualApply = (dimension: number, columns: number): number => 4 * dimension * columns + 2 * columns ** 2;

/** Flops to apply an explicit inverse to one vector. */
export const primalApply = (dimension: number): number => 2 * dimension ** 2;

/** Flops to apply an inverse to one vector. */
export function applyFlops(inverse: Woodbury): number {
  if (inverse.form === "primal") return primalApply(woodburySize(inverse));
  const [c, d] = inverse.Xt.shape as [number, number];
  return dualApply(d, c);
}

/** Flops a step of the dual form: Gram matrix, its inverse, where there are too many columns the truncation, and applying. */
export function dualFlops({ dimension, columns, arriving, vectors, refreshEvery, truncation }: SideWork): number {
  const refresh = columns ** 2 * dimension + wide * columns ** 3 + (truncation?.(dimension, columns, arriving) ?? 0);
  return vectors * dualApply(dimension, columns) + refresh / refreshEvery;
}

/** Flops to take in the columns that arrive and to keep as many as before. */
export function truncationFlops(dimension: number, columns: number, arriving: number): number {
  if (arriving <= columns) return 0;
  const joined = columns + arriving;
  const smaller = Math.min(dimension, joined);
  return wide * (dimension * joined * smaller + 9 * smaller ** 3) + 2 * columns * joined * dimension;
}

/** Flops a step of the primal form: the moment of the columns that arrive, its inverse, and applying. */
export function primalFlops({ dimension, arriving, vectors, refreshEvery }: SideWork): number {
  return vectors * primalApply(dimension) + (dimension ** 2 * arriving + wide * dimension ** 3) / refreshEvery;
}

/** The cheaper form. */
export function cheaperForm(work: SideWork): "dual" | "primal" {
  return dualFlops(work) < primalFlops(work) ? "dual" : "primal";
}

/**
 * Whether to precondition a gradient's factors g [n, o] and a [n, i] before they are multiplied, or their product [o, i]:
 * n vectors on each side, against o and i.
 */
export function factorsAreCheaper(
  n: number,
  [o, i]: readonly [number, number],
  applyG: number,
  applyA: number,
): boolean {
  return n * (applyG + applyA) < i * applyG + o * applyA;
}
