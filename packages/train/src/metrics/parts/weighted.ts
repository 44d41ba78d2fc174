/** Rows that count: weights in the shape of what they weigh, and sums under them. */

import { broadcastTo, cast, mul, reshape, type Shape, sum, type Tensor } from "@kronograd/tensor";

/** Weights of leading axes as weights of all axes of a shape. */
export function spread(weights: Tensor, shape: Shape): Tensor {
  if (weights.rank === shape.length) return weights;
  return broadcastTo(reshape(weights, [...weights.shape, ...shape.slice(weights.rank).map(() => 1)]), shape);
}

/** Σ w x and Σ w over all elements. */
export function weightedSum(x: Tensor, weights: Tensor | null): { total: Tensor; weight: Tensor | number } {
  if (weights === null) return { total: sum(x), weight: x.size };
  const w = spread(weights, x.shape);
  return { total: sum(mul(cast(x, w.dtype), w)), weight: sum(w) };
}
