/**
 * What curvature needs to know about a loss beyond its value: how it is averaged, how labels are drawn from the model, and
 * its Hessian in the outputs. Losses themselves live in `@kronograd/layers`.
 *
 * A *label column* is a cotangent of the outputs, of the same shape, such that the second moment of what it sends
 * backward is the curvature of the per-example loss under that label source.
 */

import type { Rng, Tensor } from "@kronograd/tensor";

/** How the Fisher expectation over labels is taken. */
export type LabelSource = "empirical" | "sampled" | "exact" | "randomSign";

/** A loss that curvature can ask: its reduction, its labels, its Hessian. */
export interface Loss {
  readonly name: string;
  readonly reduction: "mean" | "sum";
  /** The loss of a batch: outputs [N, …] and targets → []. Differentiable in the outputs to any order. */
  value(outputs: Tensor, targets: Tensor): Tensor;
  /** What turns the gradient of `value` into gradients of each example's own loss: N for a mean over N examples, 1 for a sum. */
  lossScale(outputs: Tensor): number;
  /** Hessian of `value` in the outputs, times a vector of their shape. */
  hessianProduct(outputs: Tensor, targets: Tensor, vector: Tensor): Tensor;
  /**
   * Cotangents of the *per-example* loss: one for "sampled" and "randomSign", one for each class and position for "exact".
   * "empirical" has none here: it is the ordinary backward pass times `lossScale`.
   */
  labelColumns(source: Exclude<LabelSource, "empirical">, outputs: Tensor, targets: Tensor, rng: Rng): Iterable<Tensor>;
}
