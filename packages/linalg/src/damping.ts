/**
 * Damping: what is added to curvature before it is inverted.
 *
 * λ is added to a whole block. For a block G ⊗ A it is split over the factors, √λ/π on G and π√λ on A, which adds the cross
 * terms π√λ G ⊗ I + √λ/π I ⊗ A besides λI; π balances them by the factors' mean eigenvalues. λ itself may follow a
 * schedule; its value is taken once a step.
 */

import { dispatch, elementwise, eye, type Tensor, weightedSum } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";

/** A number, or [] where the device cannot say it at once. */
export type Scalar = number | Tensor;

/** The value of [] on a device that computes in host memory; on others the tensor itself, so that nothing waits. */
export function scalarOf(t: Tensor): Scalar {
  return t.device.backend.host === undefined ? t : t.itemSync();
}

/**
 * Add a multiple of the identity: M + amount · I.
 *
 * @param M       [n, n]
 * @param amount  []
 * @returns       [n, n]
 */
export function damped(M: Tensor, amount: number): Tensor {
  return weightedSum(M, eye(M.shape[0] as number, M), 1, amount);
}

/** The two factors' size and trace, from which their share of the damping follows. */
export interface FactorTraces {
  /** [] */
  readonly traceA: Tensor;
  readonly dimA: number;
  /** [] */
  readonly traceG: Tensor;
  readonly dimG: number;
}

/** Damping of each factor. */
export interface SplitDamping {
  /** π√λ */
  readonly A: Scalar;
  /** √λ/π */
  readonly G: Scalar;
  readonly pi: Scalar;
}

/** (tr A, tr G) → π√λ, √λ/π, π, where π is 1 for a dead layer or a first step with zero output gradients. */
const splitOp = /* @__PURE__ */ elementwise(
  "splitDamping",
  (traceA, traceG) => {
    const [meanA, meanG] = [e.div(traceA, e.parameter("dimA")), e.div(traceG, e.parameter("dimG"))];
    const isBalanced = e.greater(e.min(meanA, meanG), e.constant(0));
    const pi = e.select(isBalanced, e.div(e.sqrt(meanA), e.sqrt(meanG)), e.constant(1));
    return [e.mul(pi, e.parameter("root")), e.div(e.parameter("root"), pi), pi];
  },
  { ranges: [[0.5, 2], [0.5, 2]] }, // biome-ignore format: two ranges
);

/** All of λ on G, where A is the number 1: the block of a norm's scale and shift. */
export const oneSidedDamping = (damping: number): SplitDamping => ({ A: 0, G: damping, pi: 1 });

/**
 * Split λ over the factors of G ⊗ A. A trace that is negative or not finite is left to the factorisation that follows.
 *
 * @param balanced  with π = √((tr A / dim A) / (tr G / dim G)), or with π = 1
 * @source Martens & Grosse (2015), "Optimizing Neural Networks with Kronecker-factored Approximate Curvature", §6.3
 */
export function splitDamping(damping: number, traces: FactorTraces, balanced: boolean): SplitDamping {
  const { traceA, dimA, traceG, dimG } = traces;
  const root = Math.sqrt(damping);
  if (!balanced) return { A: root, G: root, pi: 1 };
  const split = dispatch(splitOp, [traceA, traceG], { dimA, dimG, root }).map(scalarOf);
  const [A, G, pi] = split as [Scalar, Scalar, Scalar];
  return { A, G, pi };
}
