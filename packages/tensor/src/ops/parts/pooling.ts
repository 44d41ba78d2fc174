/** Shared by maximum and average pooling: their options, the size of their output, and random cases for the suites. */

import { UsageError } from "../../errors.ts";
import { type Four, fourAxes, outputSize, type Pair, type PairLike, pair } from "../../layout/window.ts";
import type { Rng } from "../../tensor/rng.ts";
import type { Shape } from "../../tensor/shape.ts";

/** A pooling window; it is never dilated. */
export interface Pool2dParams {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}

/** Options of pooling; numbers stand for both directions, pairs are [vertical, horizontal]. */
export interface Pool2dOptions {
  readonly kernel: PairLike;
  /** Default: the kernel's size, so that windows do not overlap. */
  readonly stride?: PairLike;
  /** Pixels added on each side; default 0. */
  readonly padding?: PairLike;
}

/** Options in canonical form. @throws {UsageError} an option is no whole number */
export function poolParams(where: string, { kernel, stride, padding }: Pool2dOptions): Pool2dParams {
  return {
    kernel: pair(where, "kernel", kernel, 1),
    stride: pair(where, "stride", stride ?? kernel, 1),
    padding: pair(where, "padding", padding ?? 0, 0),
  };
}

/** Check that every window sees a pixel. @throws {UsageError} the padding is as large as the kernel */
export function checkPadding(where: string, { kernel, padding }: Pool2dParams): void {
  if (padding[0] < kernel[0] && padding[1] < kernel[1]) return;
  throw new UsageError({
    where,
    problem: "padding must be smaller than the kernel, else a window could see no pixel",
    expected: `less than [${kernel.join(", ")}]`,
    got: padding,
  });
}

/** [N, C, oh, ow] for images [N, C, H, W]. @throws {ShapeError} not four axes, or the window is larger than the padded image */
export function pooledShape(where: string, shape: Shape, { kernel, stride, padding }: Pool2dParams): Four {
  const [n, channels, h, w] = fourAxes(where, "x", shape);
  return [n, channels, ...outputSize(where, [h, w], { kernel, stride, padding, dilation: [1, 1] })];
}

/**
 * Visit every window of every plane, row-major: plane counts images × channels, `to` counts windows, and the window's real
 * pixels are rows top … bottom − 1, columns left … right − 1.
 */
export function forEachWindow(
  [n, channels, oh, ow]: Four,
  [h, w]: Pair,
  { kernel, stride, padding }: Pool2dParams,
  visit: (plane: number, to: number, top: number, bottom: number, left: number, right: number) => void,
): void {
  let to = 0;
  for (let plane = 0; plane < n * channels; plane++) {
    for (let i = 0; i < oh; i++) {
      const top = i * stride[0] - padding[0];
      for (let j = 0; j < ow; j++) {
        const left = j * stride[1] - padding[1];
        visit(
          plane,
          to,
          Math.max(top, 0),
          Math.min(top + kernel[0], h),
          Math.max(left, 0),
          Math.min(left + kernel[1], w),
        );
        to += 1;
      }
    }
  }
}

/** A valid case: images and a window that fits. */
export function randomPooling(rng: Rng): { x: Four; params: Pool2dParams } {
  const draw = (): Pair => [1 + rng.integer(3), 1 + rng.integer(3)];
  const kernel = draw();
  const stride = draw();
  const padding: Pair = [rng.integer(kernel[0]), rng.integer(kernel[1])];
  const places: Pair = [1 + rng.integer(2), 1 + rng.integer(2)];
  const along = (axis: 0 | 1) => {
    const reach = (places[axis] - 1) * stride[axis] + kernel[axis];
    return Math.max(1, reach - 2 * padding[axis] + rng.integer(stride[axis]));
  };
  return { x: [1 + rng.integer(2), 1 + rng.integer(2), along(0), along(1)], params: { kernel, stride, padding } };
}
