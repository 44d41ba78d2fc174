/** Axes read backwards. */

import { normalizeAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { slice } from "./slice.ts";

/**
 * Reverse some axes (default: all), as a view.
 *
 * @throws {UsageError} an axis is out of range or named twice
 * @example
 * flip(tensor([1, 2, 3]));   // [3, 2, 1]
 */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  const list = normalizeAxes("flip", axes, x.rank);
  return slice(
    x,
    x.shape.map((_, axis) => (list.includes(axis) ? [undefined, undefined, -1] : null)),
  );
}
