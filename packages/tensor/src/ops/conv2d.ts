/**
 * Convolution of images (a cross-correlation: the kernel is not flipped) and its two gradients.
 *
 * With g the cotangent of y = conv2d(x, w), the three are one trilinear form read in three directions,
 *
 *     ⟨conv2d(x, w), g⟩ = ⟨x, conv2dInputGrad(g, w)⟩ = ⟨w, conv2dWeightGrad(x, g)⟩,
 *
 * so each one's vector–Jacobian product consists of the other two, and derivatives of any order exist.
 *
 *     x [N, C, H, W]   w [O, C/groups, kh, kw]   b [O]   y, g [N, O, oh, ow]
 */

import { type Four, fourAxes, lastTwo, type PairLike, pair } from "../layout/window.ts";
import { conv2dInputGradLoops, conv2dLoops, conv2dWeightGradLoops } from "../loops/convolutions.ts";
import { assertWhole } from "../op/checks.ts";
import { run } from "../op/dispatch.ts";
import { defineOp, type Spec, savesTheOther } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { promote } from "../tensor/dtype.ts";
import { assertShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type Conv2dInputGradParams,
  type Conv2dParams,
  type Conv2dWeightGradParams,
  checkOutputGrad,
  convolvedShape,
  randomConvolution,
} from "./parts/convolution.ts";
import { sum } from "./sum-broadcast.ts";

export type { Pair, PairLike } from "../layout/window.ts";
export type { Conv2dInputGradParams, Conv2dParams, Conv2dWeightGradParams } from "./parts/convolution.ts";

const weightAxes = (where: string, { shape }: Spec): Four =>
  fourAxes(where, "weight", shape, "[out, in/groups, kh, kw]");

/** The op behind `conv2d`; inputs are [x, weight] or [x, weight, bias]. */
export const conv2dOp = /* @__PURE__ */ defineOp<Conv2dParams, ["x", "weight", ..."bias"[]]>({
  name: "conv2d",

  shape(inputs, params) {
    const [x, weight, bias] = inputs;
    const shape = convolvedShape("conv2d", fourAxes("conv2d", "x", x.shape), weightAxes("conv2d", weight), params);
    if (bias !== undefined)
      assertShape("conv2d", "bias must have one value for each output channel", [shape[1]], bias.shape);
    return [{ shape, dtype: promote("conv2d", inputs) }];
  },

  reference: conv2dLoops,

  vjp: {
    saveInputs: savesTheOther,
    pull([cotangent], saved, params) {
      return [
        () => conv2dInputGrad(cotangent, saved.input(1), { ...params, size: lastTwo(saved.specs[0].shape) }),
        () => conv2dWeightGrad(saved.input(0), cotangent, { ...params, kernel: lastTwo(saved.specs[1].shape) }),
        ...(saved.specs.length < 3 ? [] : [() => sum(cotangent, [0, 2, 3])]),
      ];
    },
  },
});

/* @__PURE__ */ sampled(conv2dOp, (rng) => {
  const { x, weight, params } = randomConvolution(rng);
  const bias = rng.integer(2) === 0 ? [] : [{ shape: [weight[0]] }];
  return { inputs: [{ shape: x }, { shape: weight }, ...bias], params };
});

/** The op behind `conv2dInputGrad`; inputs are [outputGrad, weight]. */
export const conv2dInputGradOp = /* @__PURE__ */ defineOp<Conv2dInputGradParams, ["outputGrad", "weight"]>({
  name: "conv2dInputGrad",

  shape([grad, weight], params) {
    const where = "conv2dInputGrad";
    const [n] = fourAxes(where, "outputGrad", grad.shape);
    const filters = weightAxes(where, weight);
    const shape: Four = [n, filters[1] * params.groups, ...params.size];
    checkOutputGrad(where, shape, filters, params, grad.shape);
    return [{ shape, dtype: promote(where, [grad, weight]) }];
  },

  reference: conv2dInputGradLoops,

  vjp: {
    saveInputs: savesTheOther,
    pull([cotangent], saved, { size: _, ...params }) {
      return [
        () => run(conv2dOp, [cotangent, saved.input(1)], params),
        () => conv2dWeightGrad(cotangent, saved.input(0), { ...params, kernel: lastTwo(saved.specs[1].shape) }),
      ];
    },
  },
});

/* @__PURE__ */ sampled(conv2dInputGradOp, (rng) => {
  const { x, weight, grad, params } = randomConvolution(rng);
  return { inputs: [{ shape: grad }, { shape: weight }], params: { ...params, size: lastTwo(x) } };
});

/** The op behind `conv2dWeightGrad`; inputs are [x, outputGrad]. */
export const conv2dWeightGradOp = /* @__PURE__ */ defineOp<Conv2dWeightGradParams, ["x", "outputGrad"]>({
  name: "conv2dWeightGrad",

  shape([x, grad], params) {
    const where = "conv2dWeightGrad";
    const images = fourAxes(where, "x", x.shape);
    const [, outputs] = fourAxes(where, "outputGrad", grad.shape);
    const shape: Four = [outputs, Math.floor(images[1] / params.groups), ...params.kernel];
    checkOutputGrad(where, images, shape, params, grad.shape);
    return [{ shape, dtype: promote(where, [x, grad]) }];
  },

  reference: conv2dWeightGradLoops,

  vjp: {
    saveInputs: savesTheOther,
    pull([cotangent], saved, { kernel: _, ...params }) {
      return [
        () => conv2dInputGrad(saved.input(1), cotangent, { ...params, size: lastTwo(saved.specs[0].shape) }),
        () => run(conv2dOp, [saved.input(0), cotangent], params),
      ];
    },
  },
});

/* @__PURE__ */ sampled(conv2dWeightGradOp, (rng) => {
  const { x, weight, grad, params } = randomConvolution(rng);
  return { inputs: [{ shape: x }, { shape: grad }], params: { ...params, kernel: lastTwo(weight) } };
});

/** Options of `conv2d`; numbers stand for both directions, pairs are [vertical, horizontal]. */
export interface Conv2dOptions {
  /** Default 1. */
  readonly stride?: PairLike;
  /** Zeros added on each side; default 0. */
  readonly padding?: PairLike;
  /** Distance of a kernel's taps; default 1. */
  readonly dilation?: PairLike;
  /** Channels fall into this many groups that do not see each other; default 1. */
  readonly groups?: number;
}

/**
 * Convolve images with a bank of kernels.
 *
 * @param x       [N, C, H, W]
 * @param weight  [O, C/groups, kh, kw]
 * @param bias    [O], or null for none
 * @returns       [N, O, oh, ow] with oh = ⌊(H + 2·padding − dilation·(kh − 1) − 1)/stride⌋ + 1
 * @throws {ShapeError}  channels do not match, groups do not divide, or the kernel is larger than the padded image
 * @throws {UsageError}  an option is no whole number
 * @example
 * conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), null);   // [[[[4, 4], [4, 4]]]]
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv2dOptions = {},
): Tensor {
  const where = "conv2d";
  assertWhole(where, "groups", groups);
  return run(conv2dOp, bias === null ? [x, weight] : [x, weight, bias], {
    stride: pair(where, "stride", stride, 1),
    padding: pair(where, "padding", padding, 0),
    dilation: pair(where, "dilation", dilation, 1),
    groups,
  });
}

/**
 * Pull a cotangent of `conv2d`'s output back to its image: the transpose of the convolution.
 *
 * @param outputGrad  [N, O, oh, ow]
 * @param weight      [O, C/groups, kh, kw]
 * @param params      those of the forward call, and the image's size [H, W]
 * @returns           [N, C, H, W]
 * @throws {ShapeError}  outputGrad is not what conv2d would give for that size
 */
export function conv2dInputGrad(outputGrad: Tensor, weight: Tensor, params: Conv2dInputGradParams): Tensor {
  return run(conv2dInputGradOp, [outputGrad, weight], params);
}

/**
 * Pull a cotangent of `conv2d`'s output back to its weight, summed over images and places.
 *
 * @param x           [N, C, H, W]
 * @param outputGrad  [N, O, oh, ow]
 * @param params      those of the forward call, and the kernel's size [kh, kw]
 * @returns           [O, C/groups, kh, kw]
 * @throws {ShapeError}  outputGrad is not what conv2d would give for that kernel
 */
export function conv2dWeightGrad(x: Tensor, outputGrad: Tensor, params: Conv2dWeightGradParams): Tensor {
  return run(conv2dWeightGradOp, [x, outputGrad], params);
}
