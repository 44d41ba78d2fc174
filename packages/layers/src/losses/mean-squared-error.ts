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
import { dot, full, generate, reshape, type Shape, scale, sizeOf, sub, type Tensor } from "@kronograd/tensor";
import { signedColumn, unitColumns } from "../parts/label-columns.ts";
import { checkReduction, checkTargets, type LossReduction, scaleOf } from "../parts/loss-checks.ts";

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
 * @throws {UsageError} an unknown reduction
 * @throws {ShapeError} in use: targets do not have the shape of the outputs
 * @example
 * meanSquaredError();                                   // mean over all elements
 * meanSquaredError({ per: "example", factor: 0.5 });    // mean over examples of ½‖f − y‖²
 */
export function meanSquaredError({
  reduction = "mean",
  per = "element",
  factor = 1,
}: MeanSquaredErrorOptions = {}): Loss {
  const name = "meanSquaredError";
  checkReduction(name, reduction);
  const weightOf = ([, ...rest]: Shape) => (reduction === "mean" && per === "element" ? factor / sizeOf(rest) : factor);
  const root = ({ shape, device, dtype }: Tensor) => full(shape, Math.sqrt(2 * weightOf(shape)), { device, dtype });
  return {
    name,
    reduction,
    lossScale: (outputs) => scaleOf(reduction, outputs),
    value(outputs, targets) {
      checkTargets(name, outputs, targets);
      const difference = reshape(sub(outputs, targets), [-1]);
      return scale(dot(difference, difference), weightOf(outputs.shape) / scaleOf(reduction, outputs));
    },
    hessianProduct: (outputs, _, vector) => scale(vector, (2 * weightOf(outputs.shape)) / scaleOf(reduction, outputs)),
    *labelColumns(source, outputs, _, rng) {
      if (source === "exact") yield* unitColumns(root(outputs));
      else if (source === "randomSign") yield signedColumn(root(outputs), rng);
      else yield generate(outputs.shape, outputs, () => Math.sqrt(2 * weightOf(outputs.shape)) * rng.normal());
    },
  };
}

/** The short name of `meanSquaredError`. */
export const mse: typeof meanSquaredError = meanSquaredError;
