/** The geometry that convolutions, patches and pooling share: a window that slides over an image [N, C, H, W]. */

import { ShapeError, UsageError } from "../errors.ts";
import { dims, type Shape } from "../tensor/shape.ts";

/** Two numbers, [vertical, horizontal]. */
export type Pair = readonly [number, number];
/** One number for both directions, or [vertical, horizontal]. */
export type PairLike = number | Pair;
/** Shape or strides of an image batch [N, C, H, W], or of a weight [out, in, kh, kw]. */
export type Four = readonly [number, number, number, number];

/** A window that slides over an image, in [vertical, horizontal] pairs. */
export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Pixels added on each side of the image. */
  readonly padding: Pair;
  readonly dilation: Pair;
}

/**
 * Both directions of an option.
 *
 * @throws {UsageError} not a whole number, or a pair of them, from `least` on
 */
export function pair(where: string, name: string, value: PairLike, least: number): Pair {
  const both = typeof value === "number" ? [value, value] : value;
  if (both.length === 2 && both.every((n) => Number.isInteger(n) && n >= least)) return both as Pair;
  throw new UsageError({
    where,
    problem: `${name} must be a whole number ≥ ${least}, or [vertical, horizontal]`,
    got: value,
  });
}

/**
 * How many places a window has on an image.
 *
 * @throws {ShapeError} the image is empty, or the window larger than the padded image
 */
export function outputSize(where: string, size: Pair, { kernel, stride, padding, dilation }: Window): Pair {
  const along = (axis: 0 | 1) => {
    const padded = size[axis] + 2 * padding[axis];
    const reach = (kernel[axis] - 1) * dilation[axis] + 1;
    if (size[axis] < 1 || reach < 1 || padded < reach) {
      throw new ShapeError({
        where,
        problem: `a window of [${kernel.join(", ")}] does not fit into an image of [${size.join(", ")}]`,
        expected: `at least ${Math.max(reach, 1)} padded pixels ${axis === 0 ? "vertically" : "horizontally"}`,
        got: padded,
        help: "Use a smaller kernel or dilation, more padding, or fewer pooling layers before.",
      });
    }
    return Math.floor((padded - reach) / stride[axis]) + 1;
  };
  return [along(0), along(1)];
}

/** Check for four axes. @throws {ShapeError} another number of axes */
export function fourAxes(where: string, name: string, shape: Shape, axes = "[N, C, H, W]"): Four {
  return dims(shape, 4, where, `${name} must have the axes ${axes}`, "Add or join axes with reshape.");
}

/** The last two sizes: those of an image, or of a kernel. */
export function lastTwo(shape: Shape): Pair {
  return dims(shape.slice(-2), 2);
}
