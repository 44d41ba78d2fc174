/** Loss and metrics of a model over a whole split. */

import type { Loss, StepRows } from "@kronograd/autograd";
import { type Batch, gatherBatch, isColumn, type Split, sequentialBatches } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import {
  argMax,
  cast,
  greater,
  mul,
  type Placement,
  sameShape,
  scope,
  type Tensor,
  type Tree,
  UsageError,
} from "@kronograd/tensor";
import { soleTensor } from "./batch-rows.ts";
import { checkMetrics, type Measured, type Metric, type Read, type Table } from "./metric.ts";
import { accuracy } from "./metrics/accuracy.ts";
import { spread } from "./metrics/parts/weighted.ts";
import { r2 } from "./metrics/r2.ts";

/** How good a model is on a split. */
export interface Evaluation {
  /** Mean over the rows by their weights (over the examples of their sum, for a loss that sums). */
  readonly loss: number;
  /** Numbers by the names of the metrics. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Tables by the names of the metrics that are tables. */
  readonly tables?: Readonly<Record<string, Table>>;
}

/** Options of `evaluate`. */
export interface EvaluateOptions extends Placement {
  /** Rows at a time (default 500); it does not change the result but for rounding. */
  readonly batch?: number;
  /** Default: accuracy where targets are labels, R² where they are numbers. */
  readonly metrics?: readonly Metric[];
}

/** The metrics of a split that nobody chose. */
export const defaultMetrics = ({ targets }: Pick<Split, "targets">): readonly Metric[] => {
  if (!isColumn(targets)) return [];
  return targets.prepare === "integers" ? [accuracy()] : [r2()];
};

/**
 * The number of an evaluation by name.
 *
 * @throws {UsageError} there is none, or it is a table
 * @example
 * numberOf({ loss: 0.3, metrics: { accuracy: 0.9 } }, "accuracy");   // 0.9
 */
export function numberOf({ loss, metrics }: Evaluation, name: string): number {
  const value = name === "loss" ? loss : metrics[name];
  if (value !== undefined) return value;
  throw new UsageError({
    where: "evaluation",
    problem: `there is no number "${name}"`,
    expected: ["loss", ...Object.keys(metrics)],
    help: "Add the metric to fit({ metrics }).",
  });
}

/**
 * Run a model over every row of a split, without training anything.
 *
 * Rows whose weight is 0, in the data or under the loss (an ignored label), count neither in the loss nor in a metric.
 *
 * @throws {UsageError} two metrics have one name, or a setting is out of range
 * @example
 * const { loss, metrics } = await evaluate(model, softmaxCrossEntropy(), data.test, { metrics: [accuracy(), f1()] });
 */
export async function evaluate(
  model: Layer<Tree>,
  loss: Loss,
  split: Split,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { batch = 500, metrics = defaultMetrics(split), ...placement } = options;
  checkMetrics("evaluate", metrics);
  const all: Promise<readonly Read<Measured>[]>[] = [];
  for (const rows of sequentialBatches(split.count, batch)) {
    // Only the handles of what was measured outlive the scope, so that nothing stays open while a device is waited for.
    const seen = scope(() => measure(model, loss, metrics, gatherBatch(split, rows, placement)));
    all.push(Promise.all(seen.map(read)));
  }
  let total = 0;
  let weight = 0;
  const states = metrics.map((metric) => metric.start());
  for (const [own, ...measured] of await Promise.all(all)) {
    const [value, rows] = [(own as Read<Measured>).value?.[0] as number, (own as Read<Measured>).rows?.[0] as number];
    if (rows > 0) total += loss.reduction === "mean" ? value * rows : value; // a mean over no rows is no number
    weight += rows;
    for (const [i, metric] of metrics.entries()) states[i] = metric.add(states[i], measured[i] as Read<Measured>);
  }
  return { loss: total / weight, ...valuesOf(metrics, states) };
}

/** Loss and metrics of a batch; first the loss, with the rows that it is a mean over. */
function measure(model: Layer<Tree>, loss: Loss, metrics: readonly Metric[], batch: Batch): Measured[] {
  const { inputs } = batch;
  const targets = soleTensor("targets", batch.targets);
  const given = batch.weights && soleTensor("weights", batch.weights);
  const outputs = model.forward(inputs, { training: false });
  const rows = loss.rows(targets, given);
  const value = loss.value(outputs, targets, rows);
  // The number of examples, where all rows count once, is a mean over its rows as well.
  const counted = rows.weights === null || loss.reduction === "sum" ? rows.examples : rows.total;
  const predictions = loss.predict?.(outputs) ?? likely(outputs, targets);
  const seen = { inputs, targets, predictions, weights: weightsOf(rows, given) };
  return [{ value, rows: counted }, ...metrics.map((metric) => metric.measure(outputs, seen))];
}

/** Weights of rows for metrics: those of the data, 0 where the loss says that a row is not there. Class weights are the loss's. */
function weightsOf({ weights, elements }: StepRows, given: Tensor | undefined): Tensor | null {
  const all = elements ?? weights;
  if (all === null) return null;
  const there = cast(greater(all, 0), all.dtype);
  return given === undefined ? there : mul(there, spread(cast(given, all.dtype), all.shape));
}

/** Predictions under a loss that does not say: truth values in the shape of the targets, or the largest output. */
function likely(outputs: Tensor, targets: Tensor): Tensor {
  if (!sameShape(outputs.shape, targets.shape)) return argMax(outputs);
  return targets.dtype === "int32" ? greater(outputs, 0) : outputs;
}

async function read(measured: Measured): Promise<Read<Measured>> {
  const entries = Object.entries(measured).map(async ([name, value]): Promise<[string, ArrayLike<number>]> => {
    if (typeof value === "number") return [name, [value]];
    using held = value;
    return [name, await held.data()];
  });
  return Object.fromEntries(await Promise.all(entries));
}

function valuesOf(metrics: readonly Metric[], states: readonly unknown[]): Omit<Evaluation, "loss"> {
  const numbers: Record<string, number> = {};
  const tables: Record<string, Table> = {};
  for (const [i, metric] of metrics.entries()) {
    const value = metric.value(states[i]);
    if (typeof value === "number") numbers[metric.name] = value;
    else tables[metric.name] = value;
  }
  return { metrics: numbers, ...(Object.keys(tables).length === 0 ? {} : { tables }) };
}
