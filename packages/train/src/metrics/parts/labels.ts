/** Predicted and actual labels in one shape, whatever form targets have. */

import { argMax, cast, greater, mul, ShapeError, sameShape, type Tensor } from "@kronograd/tensor";
import type { MetricBatch } from "../../metric.ts";
import { spread } from "./weighted.ts";

/** Labels of a batch, int32 in the shape of its rows. */
export interface Labels {
  readonly actual: Tensor;
  readonly predicted: Tensor;
  /** 2 for yes-or-no outputs. */
  readonly classes: number;
}

/**
 * Labels of a batch.
 *
 * Targets are class numbers [N, …]; distributions [N, …, C], whose largest share is the label; or truth values in the shape of
 * the outputs, above ½ where they are floats.
 *
 * @throws {ShapeError} there is not one target for each prediction
 */
export function labelsOf(where: string, outputs: Tensor, { targets, predictions }: MetricBatch): Labels {
  const truth = (t: Tensor) => (t.dtype === "int32" ? t : greater(t, 0.5));
  if (sameShape(targets.shape, predictions.shape)) {
    const classes = outputs.rank > predictions.rank ? (outputs.shape.at(-1) as number) : 2;
    return { actual: truth(targets), predicted: truth(predictions), classes };
  }
  if (sameShape(targets.shape.slice(0, -1), predictions.shape)) {
    return { actual: argMax(targets), predicted: predictions, classes: targets.shape.at(-1) as number };
  }
  throw new ShapeError({
    where,
    problem: "there is not one label for each prediction",
    expected: predictions.shape,
    got: targets.shape,
    help: "Use a loss that knows its predictions, such as softmaxCrossEntropy or binaryCrossEntropyWithLogits.",
  });
}

/** Labels with class 0 where a row is not there, whose label may be no class. */
export function knownLabels(labels: Tensor, weights: Tensor | null): Tensor {
  return weights === null ? labels : mul(labels, cast(greater(spread(weights, labels.shape), 0), "int32"));
}
