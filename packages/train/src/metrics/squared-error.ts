/** Mean squared error. */

import { square, sub } from "@kronograd/tensor";
import { meanMetric } from "./parts/mean-metric.ts";
import { checkNumbers } from "./parts/numbers.ts";

/**
 * Mean of (prediction − target)² over rows and outputs; its name is "mse".
 *
 * @throws {ShapeError} in use: targets do not have the shape of the outputs
 * @example
 * squaredError().name;   // "mse"
 */
export function squaredError() {
  return meanMetric("mse", "lower", (outputs, { targets }) => {
    checkNumbers("mse", outputs, targets);
    return square(sub(outputs, targets));
  });
}

squaredError.summary = "mean of the squared differences of predictions and targets";
