/** F1: the harmonic mean of precision and recall. */

import { type AverageOptions, averagedMetric, share } from "./parts/confusion.ts";

/**
 * 2 TP / (2 TP + FP + FN). Its name is "f1", or "macroF1" where an average is named.
 *
 * @throws {UsageError} an unknown average
 * @example
 * f1({ average: "macro" }).name;   // "macroF1"
 */
export function f1(options: AverageOptions = {}) {
  return averagedMetric("f1", options, ({ truePositives: t, falsePositives: p, falseNegatives: n }) =>
    share(2 * t, 2 * t + p + n),
  );
}

f1.summary = "harmonic mean of precision and recall";
