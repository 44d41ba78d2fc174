/** Mean absolute error. */

import { abs, sub } from "@kronograd/tensor";
import { meanMetric } from "./parts/mean-metric.ts";
import { checkNumbers } from "./parts/numbers.ts";

/**
 * Mean of |prediction − target| over rows and outputs; its name is "mae".
 *
 * @throws {ShapeError} in use: targets do not have the shape of the outputs
 * @example
 * absoluteError().name;   // "mae"
 */
export function absoluteError() {
  return meanMetric("mae", "lower", (outputs, { targets }) => {
    checkNumbers("mae", outputs, targets);
    return abs(sub(outputs, targets));
  });
}

absoluteError.summary = "mean of the absolute differences of predictions and targets";
