/** Every metric by name. The table is made from the functions of metrics/, so a new metric is in it from the start. */

import { nearest, UsageError } from "@kronograd/tensor";
import type { Metric } from "./metric.ts";
import * as metrics from "./metrics/index.ts";

/** One metric of the catalog. */
export interface MetricEntry {
  /** One line. */
  readonly summary: string;
  make(options?: Readonly<Record<string, unknown>>): Metric;
}

type Maker = MetricEntry["make"] & { readonly summary?: string };

/** Metrics by the name of their function. */
export const metricCatalog: Readonly<Record<string, MetricEntry>> = Object.fromEntries(
  (Object.entries(metrics) as [string, Maker][]).flatMap(([name, make]) =>
    make.summary === undefined ? [] : [[name, { summary: make.summary, make }]],
  ),
);

/**
 * Make a metric from its name and options; upper and lower case are the same.
 *
 * @throws {UsageError} there is none of that name; the message gives the nearest
 * @example
 * metricByName("topKAccuracy", { k: 3 }).name;   // "top3"
 */
export function metricByName(name: string, options: Readonly<Record<string, unknown>> = {}): Metric {
  const names = Object.keys(metricCatalog);
  const found = names.find((known) => known.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return (metricCatalog[found] as MetricEntry).make(options);
  const guess = nearest(name, names);
  throw new UsageError({
    where: "metric",
    problem: `unknown metric "${name}"`,
    expected: names,
    help: guess === undefined ? "Choose one of them." : `Did you mean "${guess}"?`,
    details: { name, guess },
  });
}
