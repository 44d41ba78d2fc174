/** Counts of actual against predicted classes, and the numbers that are read off them. */

import { cast, matmul, mul, oneHot, reshape, type Tensor, transpose, UsageError } from "@kronograd/tensor";
import type { Metric, MetricBatch, Table } from "../../metric.ts";
import { knownLabels, labelsOf } from "./labels.ts";
import { spread } from "./weighted.ts";

/** [actual, predicted] → weight of the rows. */
export type Counts = Table;

/** A metric of the counts. */
export type CountsMetric = Metric<Counts, { counts: Tensor }>;

/** Make a metric of the counts of all batches. */
export function countsMetric(
  name: string,
  better: Metric["better"],
  value: (counts: Counts) => number | Table,
): CountsMetric {
  return {
    name,
    better,
    start: () => [],
    measure: (outputs, batch) => ({ counts: countsOf(name, outputs, batch) }),
    add(state, { counts }) {
      const classes = Math.sqrt(counts.length);
      return Array.from({ length: classes }, (_, i) =>
        Array.from({ length: classes }, (_, j) => (state[i]?.[j] ?? 0) + (counts[i * classes + j] as number)),
      );
    },
    value,
  };
}

/** Σ w 1(actual) 1(predicted)ᵀ, [C, C] */
function countsOf(name: string, outputs: Tensor, batch: MetricBatch): Tensor {
  const { weights } = batch;
  const { actual, predicted, classes } = labelsOf(name, outputs, batch);
  const dtype = weights?.dtype === "float64" ? "float64" : "float32";
  const rows = (labels: Tensor) => oneHot(reshape(labels, [labels.size]), classes, { dtype });
  const y = rows(knownLabels(actual, weights)); // [M, C]
  const p = rows(predicted);
  if (weights === null) return matmul(transpose(y), p);
  return matmul(transpose(y), mul(reshape(cast(spread(weights, actual.shape), dtype), [actual.size, 1]), p));
}

/** How the classes of a rate are put together. */
export type Average = "binary" | "macro" | "micro";

/** Options of precision, recall and F1. */
export interface AverageOptions {
  /**
   * "binary": of class 1 alone; "macro": the mean over the classes; "micro": over all rows at once. Default: "binary" where
   * there are two classes, "macro" where there are more.
   */
  readonly average?: Average;
}

/** Right and wrong answers about one class, or several together. */
export interface Hits {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

/**
 * Make a metric of the hits of each class, put together as `average` says. A class that neither occurs nor is predicted is left
 * out of a macro average.
 */
export function averagedMetric(name: string, { average }: AverageOptions, rate: (hits: Hits) => number): CountsMetric {
  if (average !== undefined && !["binary", "macro", "micro"].includes(average)) {
    const expected = '"binary", "macro" or "micro"';
    throw new UsageError({ where: name, problem: "average is not known", expected, got: average });
  }
  const full = average === undefined ? name : `${average}${name[0]?.toUpperCase()}${name.slice(1)}`;
  return countsMetric(full, "higher", (counts) => {
    if (counts.length === 0) return Number.NaN;
    const how = average ?? (counts.length === 2 ? "binary" : "macro");
    const hits = counts.map((_, c) => hitsOf(counts, c));
    if (how === "binary") return rate(hits[1] as Hits);
    if (how === "micro") return rate(hits.reduce(both));
    const seen = hits.filter(({ truePositives: t, falsePositives: f, falseNegatives: n }) => t + f + n > 0);
    return seen.reduce((sum, each) => sum + rate(each), 0) / seen.length;
  });
}

function hitsOf(counts: Counts, c: number): Hits {
  const truePositives = counts[c]?.[c] as number;
  const column = counts.reduce((sum, row) => sum + (row[c] as number), 0);
  const row = (counts[c] as readonly number[]).reduce((a, b) => a + b, 0);
  return { truePositives, falsePositives: column - truePositives, falseNegatives: row - truePositives };
}

const both = (a: Hits, b: Hits): Hits => ({
  truePositives: a.truePositives + b.truePositives,
  falsePositives: a.falsePositives + b.falsePositives,
  falseNegatives: a.falseNegatives + b.falseNegatives,
});

/** a/b, and 0 where nothing was counted. */
export const share = (a: number, b: number): number => (b === 0 ? 0 : a / b);
