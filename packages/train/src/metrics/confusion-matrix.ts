/** The confusion matrix: how often rows of each class were taken for each other. */

import { countsMetric } from "./parts/confusion.ts";

/**
 * Table of the rows of class i that were predicted as class j, by their weights. It is in an evaluation's `tables`.
 *
 * @example
 * const { tables } = await evaluate(model, softmaxCrossEntropy(), data.test, { metrics: [confusionMatrix()] });
 * tables?.confusionMatrix;   // [[48, 2], [5, 45]]
 */
export function confusionMatrix() {
  return countsMetric("confusionMatrix", "higher", (counts) => counts);
}

confusionMatrix.summary = "table of actual classes against predicted ones";
