/**
 * Cross-entropy of independent yes-or-no outputs, from logits. With p = sigmoid(z) and w the weight of an element,
 *
 *     ℓ = w Σ (softplus(z) − t z)      ∇ℓ = w (p − t)      H = w diag(p (1 − p))      w = 1/M for a mean, 1 for a sum
 *
 *     z logits [N, …]   t targets in [0, 1]   M elements of an example
 *
 * Label columns: exact √(w p (1 − p)) e_k; sampled √w (p − y) with y drawn from the model, independently for each element.
 */

import type { Loss } from "@kronograd/autograd";
import {
  cast,
  generate,
  less,
  mul,
  neg,
  type Shape,
  scale,
  sigmoid,
  sizeOf,
  softplus,
  sqrt,
  sub,
  sum,
  type Tensor,
} from "@kronograd/tensor";
import { signedColumn, unitColumns } from "../parts/label-columns.ts";
import { checkReduction, checkTargets, type LossReduction, scaleOf } from "../parts/loss-checks.ts";

/** Options of binary cross-entropy. */
export interface BinaryCrossEntropyOptions {
  /** "mean" over all elements (default), or the "sum" of everything. */
  readonly reduction?: LossReduction;
}

/**
 * Measure the cross-entropy between sigmoid(outputs) and targets of the same shape [N, …], in [0, 1] or int32 0/1.
 *
 * @throws {UsageError} an unknown reduction
 * @throws {ShapeError} in use: targets do not have the shape of the outputs
 * @example
 * binaryCrossEntropyWithLogits().value(tensor([[0]]), tensor([[1]]));   // log 2
 */
export function binaryCrossEntropyWithLogits({ reduction = "mean" }: BinaryCrossEntropyOptions = {}): Loss {
  const name = "binaryCrossEntropyWithLogits";
  checkReduction(name, reduction);
  const weightOf = ([, ...rest]: Shape) => (reduction === "mean" ? 1 / sizeOf(rest) : 1);
  /** p (1 − p), from the logits so that nothing cancels. */
  const variance = (z: Tensor) => mul(sigmoid(z), sigmoid(neg(z)));
  return {
    name,
    reduction,
    lossScale: (outputs) => scaleOf(reduction, outputs),
    value(outputs, targets) {
      checkTargets(name, outputs, targets);
      const given = cast(targets, outputs.dtype);
      const total = sum(sub(softplus(outputs), mul(given, outputs)));
      return scale(total, weightOf(outputs.shape) / scaleOf(reduction, outputs));
    },
    hessianProduct: (outputs, _, vector) =>
      scale(mul(variance(outputs), vector), weightOf(outputs.shape) / scaleOf(reduction, outputs)),
    *labelColumns(source, outputs, _, rng) {
      const rootWeight = Math.sqrt(weightOf(outputs.shape));
      if (source === "sampled") {
        const p = sigmoid(outputs);
        const drawn = less(
          generate(outputs.shape, outputs, () => rng.uniform()),
          p,
        );
        yield scale(sub(p, cast(drawn, outputs.dtype)), rootWeight);
        return;
      }
      const root = scale(sqrt(variance(outputs)), rootWeight);
      if (source === "exact") yield* unitColumns(root);
      else yield signedColumn(root, rng);
    },
  };
}
