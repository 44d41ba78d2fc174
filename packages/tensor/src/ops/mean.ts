/** Means over axes. */

import { scope } from "../tensor/scope.ts";
import { normalizeAxes, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { scale } from "./arithmetic.ts";
import { type ReductionOptions, sum } from "./sum-broadcast.ts";

/**
 * Mean over axes (default: all). The mean of no elements is NaN.
 *
 * @throws {UsageError} an axis is out of range or named twice
 * @example
 * mean(tensor([[1, 2], [3, 4]]), 0);   // [2, 3]
 */
export function mean(x: Tensor, axes?: number | readonly number[], options: ReductionOptions = {}): Tensor {
  const list = normalizeAxes("mean", axes, x.rank);
  const count = sizeOf(list.map((axis) => x.shape[axis] as number));
  return scope(() => scale(sum(x, list, options), 1 / count));
}
