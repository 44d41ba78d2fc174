/** Accuracy: the share of rows whose prediction is their label. */

import { equal } from "@kronograd/tensor";
import { labelsOf } from "./parts/labels.ts";
import { meanMetric } from "./parts/mean-metric.ts";

/**
 * Share of rows that are classified right: the largest of several outputs, or each yes-or-no output against ½.
 *
 * @example
 * const { metrics } = await evaluate(model, softmaxCrossEntropy(), data.test, { metrics: [accuracy()] });
 * metrics.accuracy;   // 0.93
 */
export function accuracy() {
  return meanMetric("accuracy", "higher", (outputs, batch) => {
    const { actual, predicted } = labelsOf("accuracy", outputs, batch);
    return equal(predicted, actual);
  });
}

accuracy.summary = "share of rows whose prediction is their label";
