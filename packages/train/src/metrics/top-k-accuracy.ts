/** Top-k accuracy: the share of rows whose label is among the k largest outputs. */

import { expandDims, less, lessEqual, pick, ShapeError, sameShape, scale, shift, sum } from "@kronograd/tensor";
import { knownLabels } from "./parts/labels.ts";
import { checkCount, meanMetric } from "./parts/mean-metric.ts";

/** Options of `topKAccuracy`. */
export interface TopKAccuracyOptions {
  /** How many outputs may hold the label. Default 5. */
  readonly k?: number;
}

/**
 * Share of rows with fewer than k outputs above that of their label. Its name is "top5", or what k says.
 *
 * @throws {UsageError} k is not a whole number ≥ 1
 * @throws {ShapeError} in use: targets are not one class number for each row of outputs
 * @example
 * topKAccuracy({ k: 3 }).name;   // "top3"
 */
export function topKAccuracy({ k = 5 }: TopKAccuracyOptions = {}) {
  checkCount("topKAccuracy", "k", k);
  const name = `top${k}`;
  return meanMetric(name, "higher", (outputs, { targets, weights }) => {
    if (targets.dtype !== "int32" || !sameShape(outputs.shape.slice(0, -1), targets.shape)) {
      const [expected, got] = [outputs.shape.slice(0, -1), targets.shape];
      throw new ShapeError({ where: name, problem: "needs one class number for each row of outputs", expected, got });
    }
    const own = expandDims(pick(outputs, knownLabels(targets, weights)), -1); // [N, …, 1]
    const notAbove = sum(lessEqual(outputs, own), -1); // itself too; never NaN
    return less(shift(scale(notAbove, -1), outputs.shape.at(-1) as number), k);
  });
}

topKAccuracy.summary = "share of rows whose label is among the k largest outputs";
