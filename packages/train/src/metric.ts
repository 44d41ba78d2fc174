/**
 * The contract of a metric: a number (or a table) that says how good a model is over all rows of a split, batch by batch.
 *
 * What a batch adds is measured on the device as a few small tensors, which are read when every batch has been enqueued; sums
 * are kept on the host in float64. So a metric costs one readback however many batches there are, and its value does not
 * depend on the size of the batches but for rounding.
 */

import { type Tensor, type Tree, UsageError } from "@kronograd/tensor";

/** One batch, as a metric sees it. */
export interface MetricBatch {
  readonly inputs: Tree;
  /** [N, …] labels or numbers. */
  readonly targets: Tensor;
  /** The most likely targets under the loss: class numbers, truth values, or the outputs of a regression. */
  readonly predictions: Tensor;
  /** How much each row counts, in the leading axes of the targets, 0 where there is none; null: each once. */
  readonly weights: Tensor | null;
}

/** A table of numbers, row by row. */
export type Table = readonly (readonly number[])[];

/** Small tensors and numbers that describe a batch. */
export type Measured = Readonly<Record<string, Tensor | number>>;

/** The same on the host: the values of each. */
export type Read<M extends Measured> = { readonly [K in keyof M]: ArrayLike<number> };

/**
 * A metric.
 *
 * @typeParam S  state between batches: plain data
 * @typeParam M  what is measured of a batch
 */
export interface Metric<S = unknown, M extends Measured = Measured> {
  /** Its key in evaluations, events and files: "accuracy". */
  readonly name: string;
  readonly better: "higher" | "lower";
  /** State before any batch. */
  start(): S;
  /** Describe a batch, within a scope, on its device. */
  measure(outputs: Tensor, batch: MetricBatch): M;
  /** State after one more batch. */
  add(state: S, measured: Read<M>): S;
  /** The number, or the table; NaN without rows. */
  value(state: S): number | Table;
}

/**
 * Check that names of metrics are their own.
 *
 * @throws {UsageError} two have one name, or one is called "loss"
 */
export function checkMetrics(where: string, metrics: readonly Metric[]): void {
  const names = ["loss", ...metrics.map(({ name }) => name)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new UsageError({ where, problem: `two numbers of an evaluation are called "${twice}"`, got: names.slice(1) });
}
