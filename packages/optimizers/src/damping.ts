/**
 * Damping: what is added to curvature before it is inverted.
 *
 * λ is added to a whole block. For a block G ⊗ A it is split over the factors, √λ/π on G and π√λ on A, which adds the cross
 * terms π√λ G ⊗ I + √λ/π I ⊗ A besides λI; π balances them by the factors' mean eigenvalues. λ itself may follow a
 * schedule; its value is taken once a step.
 */

import { piOf } from "@kronograd/linalg";
import { add, eye, scale, type Tensor } from "@kronograd/tensor";

/**
 * Add a multiple of the identity: M + amount · I.
 *
 * @param M       [n, n]
 * @param amount  []
 * @returns       [n, n]
 */
export function damped(M: Tensor, amount: number): Tensor {
  const identity = eye(M.shape[0] as number, M);
  return add(M, scale(identity, amount));
}

/** The two factors' size and trace, from which their share of the damping follows. */
export interface FactorTraces {
  readonly traceA: number;
  readonly dimA: number;
  readonly traceG: number;
  readonly dimG: number;
}

/** Damping of each factor. */
export interface SplitDamping {
  /** π√λ */
  readonly A: number;
  /** √λ/π */
  readonly G: number;
  readonly pi: number;
}

/**
 * Split λ over the factors of G ⊗ A.
 *
 * @param balanced  with π = √((tr A / dim A) / (tr G / dim G)), or with π = 1
 * @throws {UsageError} a trace is negative or not finite
 * @source Martens & Grosse (2015), "Optimizing Neural Networks with Kronecker-factored Approximate Curvature", §6.3
 */
export function splitDamping(damping: number, traces: FactorTraces, balanced: boolean): SplitDamping {
  const { traceA, dimA, traceG, dimG } = traces;
  const pi = balanced ? piOf(traceA, dimA, traceG, dimG) : 1;
  const root = Math.sqrt(damping);
  return { A: pi * root, G: root / pi, pi };
}
