/** Axes of size 1, inserted and removed. */

import { ShapeError } from "../errors.ts";
import { normalizeAxes, normalizeAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";

/**
 * Insert an axis of size 1 before axis `axis` of x; −1 appends one. No copy.
 *
 * @throws {UsageError} the axis is out of range
 * @example
 * expandDims(ones([2, 3]), 1).shape;   // [2, 1, 3]
 */
export function expandDims(x: Tensor, axis: number): Tensor {
  return reshape(x, x.shape.toSpliced(normalizeAxis("expandDims", axis, x.rank + 1), 0, 1));
}

/**
 * Drop axes of size 1 (default: all of them). No copy.
 *
 * @throws {ShapeError} a named axis has another size
 * @example
 * squeeze(ones([1, 3, 1])).shape;   // [3]
 */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const list = axes === undefined ? undefined : normalizeAxes("squeeze", axes, x.rank);
  const wrong = list?.find((axis) => x.shape[axis] !== 1);
  if (wrong !== undefined) {
    throw new ShapeError({
      where: "squeeze",
      problem: `axis ${wrong} does not have size 1`,
      got: x.shape,
    });
  }
  return reshape(
    x,
    x.shape.filter((n, axis) => (list === undefined ? n !== 1 : !list.includes(axis))),
  );
}
