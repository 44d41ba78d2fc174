/**
 * The contract of a loss: its value, the weights of its rows, labels drawn from the model, and its Hessian in the outputs.
 * Losses themselves live in `@kronograd/layers`.
 *
 * A loss is an average or a sum over *rows*, one for each target: [N] for one label an example, [N, S] for one at each
 * position. Rows have weights; a weight of 0 says that the row is not there. With weights w, W = Σ w and row losses ℓ,
 *
 *     "mean"  L = Σ w ℓ / W        "sum"  L = Σ w ℓ
 *
 * A *label column* is a cotangent of the outputs, of the same shape, such that the second moment of what it sends
 * backward is the curvature of the loss under that label source.
 */

import type { Rng, Shape, Tensor } from "@kronograd/tensor";
import type { LayerCall } from "./capture.ts";
import type { LabelSource, LayerUse, RecordFields } from "./layer-record.ts";

/**
 * Rows of one step's loss, counted once for all parts of its batch.
 *
 * `stepRows` makes them of targets, masks and weights, and `part` cuts them, so that each part divides by the whole step's
 * numbers.
 */
export interface StepRows {
  /** Axes of the rows of this part, [N, …]. */
  readonly shape: Shape;
  /** w in that shape; null where each row counts once. */
  readonly weights: Tensor | null;
  /** Weights of single output elements, [N, …, C], of which `weights` are the means over C; null where a row's count alike. */
  readonly elements: Tensor | null;
  /** W, the sum of the whole step's weights. */
  readonly total: number | Tensor;
  /** Examples of the whole step: W over the mean number of rows in an example. A mask takes away those without a row. */
  readonly examples: number | Tensor;
  /** Factor that turns the gradient of a loss into gradients of examples' own losses: N for a mean over N examples, 1 for a sum. */
  lossScale(loss: Pick<Loss, "reduction">): number | Tensor;
  /** Rows of the examples from `start` up to `end`, with the sums of the whole step. */
  part(start: number, end: number): StepRows;
  /** The loss's label columns for these rows. @throws {UsageError} random labels without an rng */
  labelColumns(
    of: { readonly loss: Loss; readonly targets: Tensor },
    source: Exclude<LabelSource, "empirical">,
    outputs: Tensor,
    rng: Rng | undefined,
  ): Iterable<Tensor>;
  /**
   * A layer's input and output gradients in the order of these rows; see step-rows.ts.
   *
   * @param factor  the loss scale: where only the device knows it, output gradients are multiplied by it here
   * @throws {UsageError} they do not match
   */
  match(use: Pick<LayerCall, "name" | "input" | "geometry" | "view"> & LayerUse, factor: number | Tensor): LayerUse;
  /** Total and weights of a record of matched uses, one for each call. */
  weigh(calls: readonly LayerCall[], uses: readonly LayerUse[]): Partial<RecordFields>;
}

/** A loss that curvature can ask: its rows, its labels, its Hessian. */
export interface Loss {
  readonly name: string;
  readonly reduction: "mean" | "sum";
  /** Every option, for fingerprints of a run. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * Rows of a step, from the targets of its whole batch; a target may take its own row out (an ignored label).
   *
   * @param weights  of rows, [N] or more axes of the targets; 0: the row is not there
   * @throws {ShapeError} weights do not fit the targets
   */
  rows(targets: Tensor, weights?: Tensor): StepRows;
  /**
   * Loss of a batch: outputs [N, …] and targets → []. Differentiable in the outputs to any order.
   *
   * @param rows  of the step that the batch is a part of; default: `rows(targets)`
   */
  value(outputs: Tensor, targets: Tensor, rows?: StepRows): Tensor;
  /** Hessian of `value` in the outputs, times a vector of their shape. */
  hessianProduct(outputs: Tensor, targets: Tensor, vector: Tensor, rows?: StepRows): Tensor;
  /**
   * Cotangents of the outputs whose second moments add up to Hessian · lossScale: one for "sampled" and "randomSign", one for
   * each class and position for "exact". A row's weight is in them by its root.
   * "empirical" has none here: it is the ordinary backward pass times the loss scale.
   */
  labelColumns(
    source: Exclude<LabelSource, "empirical">,
    outputs: Tensor,
    targets: Tensor,
    rng: Rng,
    rows?: StepRows,
  ): Iterable<Tensor>;
  /** The rows' own losses, unweighted: [N, …]. */
  rowLosses?(outputs: Tensor, targets: Tensor): Tensor;
  /** The most likely targets: class numbers of a classification (int32 [N, …]), the outputs themselves of a regression. */
  predict?(outputs: Tensor): Tensor;
}
