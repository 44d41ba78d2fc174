/**
 * Damping split between two Kronecker factors: (G + √λ/π I) ⊗ (A + π√λ I).
 *
 * It is not G ⊗ A + λI: the product also holds the cross terms π√λ G ⊗ I and √λ/π I ⊗ A. π balances those two by making the
 * factors' mean eigenvalues count alike.
 *
 * G [o, o] · A [i, i] · λ damping
 */

import { eye, scope, type Tensor, UsageError, weightedSum } from "@kronograd/tensor";
import { squareSize } from "./checks.ts";

/**
 * Balance the damping of two factors: π = √((tr A / dim A) / (tr G / dim G)), or 1 where a trace is 0.
 *
 * With a zero trace there is nothing to balance, and the quotient would be 0 or ∞: a dead layer, or a first step with zero
 * output gradients.
 *
 * @throws {UsageError}  a trace is negative or not a number
 * @source Martens & Grosse (2015), "Optimizing Neural Networks with Kronecker-factored Approximate Curvature", §6
 */
export function piOf(traceA: number, dimA: number, traceG: number, dimG: number): number {
  if (!(traceA >= 0 && traceG >= 0 && Number.isFinite(traceA + traceG))) {
    throw new UsageError({
      where: "piOf",
      problem: "traces of A and G must be finite and ≥ 0",
      got: [traceA, traceG],
    });
  }
  return traceA === 0 || traceG === 0 ? 1 : Math.sqrt(traceA / dimA / (traceG / dimG));
}

/**
 * Add the split damping to both factors: A + π√λ I and G + √λ/π I.
 *
 * @param G        [o, o]
 * @param A        [i, i]
 * @param damping  []  λ
 * @param pi       []  as `piOf` gives it
 * @returns        the damped factors, same shapes
 * @throws {ShapeError}  a factor is not square
 */
export function dampFactors(G: Tensor, A: Tensor, damping: number, pi = 1): { readonly G: Tensor; readonly A: Tensor } {
  const root = Math.sqrt(damping);
  return { G: damped("G", G, root / pi), A: damped("A", A, root * pi) };
}

function damped(name: string, M: Tensor, amount: number): Tensor {
  const n = squareSize("dampFactors", name, M);
  return scope(() => weightedSum(M, eye(n, M), 1, amount));
}
