/** Precision: of the rows that were predicted to be of a class, the share that are. */

import { type AverageOptions, averagedMetric, share } from "./parts/confusion.ts";

/**
 * TP / (TP + FP), 0 where a class was never predicted. Its name is "precision", or "macroPrecision" where an average is named.
 *
 * @throws {UsageError} an unknown average
 * @example
 * precision({ average: "micro" }).name;   // "microPrecision"
 */
export function precision(options: AverageOptions = {}) {
  return averagedMetric("precision", options, ({ truePositives: t, falsePositives: f }) => share(t, t + f));
}

precision.summary = "share of the rows predicted to be of a class that are of it";
