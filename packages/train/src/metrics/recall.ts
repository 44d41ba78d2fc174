/** Recall: of the rows of a class, the share that were found. */

import { type AverageOptions, averagedMetric, share } from "./parts/confusion.ts";

/**
 * TP / (TP + FN), 0 where a class does not occur. Its name is "recall", or "macroRecall" where an average is named.
 *
 * @throws {UsageError} an unknown average
 * @example
 * recall({ average: "macro" }).name;   // "macroRecall"
 */
export function recall(options: AverageOptions = {}) {
  return averagedMetric("recall", options, ({ truePositives: t, falseNegatives: f }) => share(t, t + f));
}

recall.summary = "share of the rows of a class that were predicted to be of it";
