/**
 * Squared error. With w the weight of an element, an example's loss, its gradient and its Hessian in the outputs f are
 *
 *     ℓ = w ‖f − y‖²      ∇ℓ = 2w (f − y)      H = 2w I      w = factor / M, or factor
 *
 *     f, y [N, …]   M elements of an example, all axes but the first
 *
 * Label columns (METHODS.md §3.1): exact √(2w) e_k, sampled √(2w) · normal. They are those of a normal distribution around f
 * with variance 1/(2w), whose negative log-likelihood ℓ is.
 */

import type { Loss } from "@kronograd/autograd";
import { dot, generate, mul, reshape, sub } from "@kronograd/tensor";
import { elementLoss } from "../parts/element-loss.ts";
import type { LossReduction } from "../parts/loss-checks.ts";

/** Options of squared error. */
export interface MeanSquaredErrorOptions {
  /** "mean" over the examples (default), or the "sum" of everything. */
  readonly reduction?: LossReduction;
  /** Of a mean: an example's loss is the mean over its elements (default), or ("example") their sum. */
  readonly per?: "element" | "example";
  /** Factor on the loss, default 1; ½ with per: "example" is ½‖f − y‖². */
  readonly factor?: number;
}

/**
 * Measure squared error between outputs and targets of the same shape [N, …].
 *
 * A masked regression gives weights: of examples [N], of rows [N, …], or of single elements in the shape of the targets.
 *
 * @throws {UsageError} an unknown reduction
 * @throws {ShapeError} in use: targets do not have the shape of the outputs, or weights do not fit them
 * @example
 * meanSquaredError();                                   // mean over all elements
 * meanSquaredError({ per: "example", factor: 0.5 });    // mean over examples of ½‖f − y‖²
 */
export function meanSquaredError({
  reduction = "mean",
  per = "element",
  factor = 1,
}: MeanSquaredErrorOptions = {}): Loss {
  return elementLoss({
    name: "meanSquaredError",
    reduction,
    config: { reduction, per, factor },
    per,
    factor,
    losses(outputs, targets) {
      const difference = sub(outputs, targets);
      return mul(difference, difference);
    },
    total(outputs, targets) {
      const difference = reshape(sub(outputs, targets), [-1]);
      return dot(difference, difference);
    },
    curvature: 2,
    sampled: (outputs, _, weight, rng) => generate(outputs.shape, outputs, () => Math.sqrt(2 * weight) * rng.normal()),
    predict: (outputs) => outputs,
  });
}

/** The short name of `meanSquaredError`. */
export const mse: typeof meanSquaredError = meanSquaredError;
