/**
 * Cross-entropy of independent yes-or-no outputs, from logits. With p = sigmoid(z), w the weight of an element and
 * m = c t + 1 − t, where c is the weight of a positive (1 unless given),
 *
 *     ℓ = w Σ (c t softplus(−z) + (1 − t) softplus(z))      ∇ℓ = w ((1 − t) p − c t (1 − p))      H = w diag(m p (1 − p))
 *
 *     z logits [N, …]   t targets in [0, 1]   w = 1/M for a mean over the M elements of an example, 1 for a sum
 *
 * Label columns: exact √(w m p (1 − p)) e_k; sampled √(w m) (p − y) with y drawn from the model, independently for each
 * element.
 */

import type { Loss } from "@kronograd/autograd";
import {
  add,
  cast,
  generate,
  greater,
  less,
  mul,
  neg,
  scale,
  shift,
  sigmoid,
  softplus,
  sqrt,
  sub,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";
import { elementLoss } from "../parts/element-loss.ts";
import { checkPositive, type LossReduction } from "../parts/loss-checks.ts";

/** Options of binary cross-entropy. */
export interface BinaryCrossEntropyOptions {
  /** "mean" over all elements (default), or the "sum" of everything. */
  readonly reduction?: LossReduction;
  /** Weight c of positive targets: a number, or one for each output of the last axis. Default 1. */
  readonly positiveWeights?: number | readonly number[];
}

/**
 * Measure the cross-entropy between sigmoid(outputs) and targets of the same shape [N, …], in [0, 1] or int32 0/1.
 *
 * Weights are those of `meanSquaredError`.
 *
 * @throws {UsageError} an unknown reduction, or a weight that is not above 0
 * @throws {ShapeError} in use: targets do not have the shape of the outputs
 * @example
 * binaryCrossEntropyWithLogits().value(tensor([[0]]), tensor([[1]]));   // log 2
 * binaryCrossEntropyWithLogits({ positiveWeights: 9 });                 // one positive for nine negatives
 */
export function binaryCrossEntropyWithLogits({
  reduction = "mean",
  positiveWeights,
}: BinaryCrossEntropyOptions = {}): Loss {
  const name = "binaryCrossEntropyWithLogits";
  if (positiveWeights !== undefined) checkPositive(name, "positiveWeights", positiveWeights);
  /** p (1 − p), from the logits so that nothing cancels. */
  const variance = (z: Tensor) => mul(sigmoid(z), sigmoid(neg(z)));
  /** c t + 1 − t; null where it is 1. */
  const marked = (outputs: Tensor, targets: Tensor): Tensor | null => {
    if (positiveWeights === undefined) return null;
    const t = cast(targets, outputs.dtype);
    return shift(mul(t, excess(name, positiveWeights, outputs)), 1);
  };
  const times = (m: Tensor | null, x: Tensor) => (m === null ? x : mul(m, x));
  return elementLoss({
    name,
    reduction,
    config: { reduction, positiveWeights },
    losses(outputs, targets) {
      const given = cast(targets, outputs.dtype);
      const plain = sub(softplus(outputs), mul(given, outputs));
      if (positiveWeights === undefined) return plain;
      return add(plain, mul(mul(given, excess(name, positiveWeights, outputs)), softplus(neg(outputs))));
    },
    curvature: (outputs, targets) => times(marked(outputs, targets), variance(outputs)),
    sampled(outputs, targets, weight, rng) {
      const p = sigmoid(outputs);
      const drawn = less(
        generate(outputs.shape, outputs, () => rng.uniform()),
        p,
      );
      const column = scale(sub(p, cast(drawn, outputs.dtype)), Math.sqrt(weight));
      const m = marked(outputs, targets);
      return m === null ? column : mul(sqrt(m), column);
    },
    predict: (outputs) => greater(outputs, 0),
  });
}

/** c − 1 for each output of the last axis. */
function excess(where: string, weights: number | readonly number[], { shape, device, dtype, rank }: Tensor): Tensor {
  const values = typeof weights === "number" ? [weights] : weights;
  const classes = rank > 1 ? shape.at(-1) : 1;
  if (values.length === 1 || values.length === classes)
    return generate([values.length], { device, dtype }, (i) => (values[i] as number) - 1);
  throw new UsageError({
    where,
    problem: "positiveWeights must be one number, or one for each output of the last axis",
    expected: classes,
    got: values.length,
  });
}
