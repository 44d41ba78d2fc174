/**
 * Average pooling, its transpose, and the average over whole planes. The map is linear, so it and its transpose are each
 * other's vector–Jacobian products.
 *
 *     x [N, C, H, W]   y [N, C, oh, ow]
 */

import { offsetsOf } from "../layout/offsets.ts";
import { type Four, fourAxes, lastTwo, type Pair } from "../layout/window.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { asFloat } from "../tensor/dtype.ts";
import { assertShape, dims, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { scale } from "./arithmetic.ts";
import {
  checkPadding,
  forEachWindow,
  type Pool2dOptions,
  type Pool2dParams,
  pooledShape,
  poolParams,
  randomPooling,
} from "./parts/pooling.ts";
import { sum } from "./sum-broadcast.ts";

/** Parameters of average pooling. */
export interface AvgPool2dParams extends Pool2dParams {
  /** Divide by kh·kw everywhere, not by the number of real pixels in the window. */
  readonly countIncludePad: boolean;
}

/** Parameters of its transpose: also the image's size [H, W]. */
export interface AvgPoolGradParams extends AvgPool2dParams {
  readonly size: Pair;
}

/** The op behind `avgPool2d`. */
export const avgPool2dOp = /* @__PURE__ */ defineOp<AvgPool2dParams, ["x"]>({
  name: "avgPool2d",

  shape([x], params) {
    if (!params.countIncludePad) checkPadding("avgPool2d", params);
    return [{ shape: pooledShape("avgPool2d", x.shape, params), dtype: asFloat(x.dtype) }];
  },

  reference([y], [x], params) {
    const [, , xy, xx] = dims(x.strides, 4);
    const planes = offsetsOf(x.shape.slice(0, 2), x.strides);
    forEachWindow(dims(y.shape, 4), lastTwo(x.shape), params, (plane, to, top, bottom, left, right) => {
      const start = x.offset + planes[plane]!;
      let total = 0;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) total += x.data[start + row * xy + column * xx]!;
      }
      y.data[y.offset + to] = total / pixelCount(params, (bottom - top) * (right - left));
    });
  },

  vjp: {
    pull: ([cotangent], saved, params) => [avgPoolGrad(cotangent, { ...params, size: lastTwo(saved.specs[0].shape) })],
  },
});

/* @__PURE__ */ sampled(avgPool2dOp, (rng) => {
  const { x, params } = randomPooling(rng);
  return { inputs: [{ shape: x }], params: { ...params, countIncludePad: rng.integer(2) === 1 } };
});

/** The op behind `avgPoolGrad`. */
export const avgPoolGradOp = /* @__PURE__ */ defineOp<AvgPoolGradParams, ["outputGrad"]>({
  name: "avgPoolGrad",

  shape([grad], params) {
    const [n, channels] = fourAxes("avgPoolGrad", "outputGrad", grad.shape);
    const shape: Four = [n, channels, ...params.size];
    const expected = pooledShape("avgPoolGrad", shape, params);
    const problem = "outputGrad does not have the shape of the pooled images";
    assertShape(
      "avgPoolGrad",
      problem,
      expected,
      grad.shape,
      "Give the kernel, stride and padding of the forward call.",
    );
    return [{ shape, dtype: asFloat(grad.dtype) }];
  },

  reference([x], [grad], params) {
    const { size } = params;
    const { data, offset } = x;
    const positions = offsetsOf(grad.shape, grad.strides);
    data.fill(0, offset, offset + sizeOf(x.shape));
    forEachWindow(dims(grad.shape, 4), size, params, (plane, from, top, bottom, left, right) => {
      const start = offset + plane * size[0] * size[1];
      const value = grad.data[grad.offset + positions[from]!]!;
      const share = value / pixelCount(params, (bottom - top) * (right - left));
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) data[start + row * size[1] + column]! += share;
      }
    });
  },

  vjp: {
    pull: ([cotangent], _, { size: __, ...params }) => [run(avgPool2dOp, [cotangent], params)],
  },
});

/* @__PURE__ */ sampled(avgPoolGradOp, (rng) => {
  const { x, params } = randomPooling(rng);
  const shape = pooledShape("avgPoolGrad", x, params);
  return { inputs: [{ shape }], params: { ...params, size: lastTwo(x), countIncludePad: rng.integer(2) === 1 } };
});

/** Divisor of a window's sum. */
function pixelCount({ kernel, countIncludePad }: AvgPool2dParams, real: number): number {
  return countIncludePad ? kernel[0] * kernel[1] : real;
}

/** Averages of integers are not integers. */
/**
 * Average each window.
 *
 * @param x        [N, C, H, W]
 * @param options  the window; `countIncludePad` (default true) counts padding as zeros, false leaves it out of the average
 * @returns        [N, C, oh, ow] with oh = ⌊(H + 2·padding − kh)/stride⌋ + 1
 * @throws {ShapeError}  x has not four axes, or the kernel is larger than the padded image
 * @throws {UsageError}  an option is no whole number, or padding that does not count is not smaller than the kernel
 * @example
 * avgPool2d(tensor([[[[1, 2], [3, 4]]]]), { kernel: 2 });   // [[[[2.5]]]]
 */
export function avgPool2d(x: Tensor, options: Pool2dOptions & { readonly countIncludePad?: boolean }): Tensor {
  return run(avgPool2dOp, [x], {
    ...poolParams("avgPool2d", options),
    countIncludePad: options.countIncludePad ?? true,
  });
}

/**
 * Spread each value evenly over its window: the transpose of `avgPool2d`.
 *
 * @param outputGrad  [N, C, oh, ow]
 * @param params      those of the forward call, and the image's size [H, W]
 * @returns           [N, C, H, W]
 * @throws {ShapeError}  outputGrad is not what avgPool2d would give for that size
 */
export function avgPoolGrad(outputGrad: Tensor, params: AvgPoolGradParams): Tensor {
  return run(avgPoolGradOp, [outputGrad], params);
}

/**
 * Average each channel of each image over all its pixels.
 *
 * @param x  [N, C, H, W]
 * @returns  [N, C]
 * @throws {ShapeError}  x has not four axes
 * @example
 * globalAvgPool2d(tensor([[[[1, 2], [3, 4]]]]));   // [[2.5]]
 */
export function globalAvgPool2d(x: Tensor): Tensor {
  const [, , h, w] = fourAxes("globalAvgPool2d", "x", x.shape);
  return scale(sum(x, [2, 3]), 1 / (h * w));
}
