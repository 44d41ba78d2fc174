/** Perplexity: how many equally likely labels a model hesitates between. */

import { logSoftmax, neg, pick, ShapeError, sameShape } from "@kronograd/tensor";
import { knownLabels } from "./parts/labels.ts";
import { meanMetric } from "./parts/mean-metric.ts";

/**
 * exp of the mean of −log p(label), from logits over the last axis.
 *
 * @throws {ShapeError} in use: targets are not one class number for each row of outputs
 * @example
 * perplexity().better;   // "lower"
 */
export function perplexity() {
  return meanMetric(
    "perplexity",
    "lower",
    (outputs, { targets, weights }) => {
      if (targets.dtype !== "int32" || !sameShape(outputs.shape.slice(0, -1), targets.shape)) {
        const [expected, got] = [outputs.shape.slice(0, -1), targets.shape];
        const problem = "needs one class number for each row of outputs";
        throw new ShapeError({ where: "perplexity", problem, expected, got });
      }
      return neg(pick(logSoftmax(outputs), knownLabels(targets, weights)));
    },
    Math.exp,
  );
}

perplexity.summary = "exponential of the mean cross-entropy of labels";
