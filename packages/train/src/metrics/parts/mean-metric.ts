/** Metrics that are a mean over rows, or a function of one. */

import { type Tensor, UsageError } from "@kronograd/tensor";
import type { Metric, MetricBatch } from "../../metric.ts";
import { weightedSum } from "./weighted.ts";

/** Sum and weight of what a metric averages. */
export interface Sums {
  readonly total: number;
  readonly weight: number;
}

type MeanMetric = Metric<Sums, { total: Tensor; weight: Tensor | number }>;

/**
 * Make a metric of the mean of `rows`, weighted.
 *
 * @param rows    a number for each row, or each element of a row
 * @param finish  of the mean; default: the mean itself
 */
export function meanMetric(
  name: string,
  better: Metric["better"],
  rows: (outputs: Tensor, batch: MetricBatch) => Tensor,
  finish: (mean: number) => number = (mean) => mean,
): MeanMetric {
  return {
    name,
    better,
    start: () => ({ total: 0, weight: 0 }),
    measure: (outputs, batch) => weightedSum(rows(outputs, batch), batch.weights),
    add: (state, { total, weight }) => ({
      total: state.total + (total[0] as number),
      weight: state.weight + (weight[0] as number),
    }),
    value: ({ total, weight }) => finish(total / weight),
  };
}

/** Check a count among a metric's options. @throws {UsageError} it is not a whole number ≥ 1 */
export function checkCount(where: string, name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new UsageError({ where, problem: `${name} must be a whole number ≥ 1`, got: value });
}
