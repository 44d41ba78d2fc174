/** Shared by conv2d and its two gradients: their parameters, the checks of their shapes, and random cases for the suites. */

import { ShapeError } from "../../errors.ts";
import { type Four, outputSize, type Pair } from "../../layout/window.ts";
import type { Rng } from "../../tensor/rng.ts";
import { assertShape, type Shape } from "../../tensor/shape.ts";

/** Parameters of a convolution. */
export interface Conv2dParams {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
}

/** The image's size [H, W], which the output's does not tell when a stride skips its last pixels. */
export interface Conv2dInputGradParams extends Conv2dParams {
  readonly size: Pair;
}

/** The kernel's size, which the output's does not tell for the same reason. */
export interface Conv2dWeightGradParams extends Conv2dParams {
  readonly kernel: Pair;
}

/**
 * The shape of a convolution's output, [N, O, oh, ow].
 *
 * @param x       [N, C, H, W]
 * @param weight  [O, C/groups, kh, kw]
 * @throws {ShapeError} channels do not match, groups do not divide, or the kernel is larger than the padded image
 */
export function convolvedShape(
  where: string,
  [n, channels, ...size]: Four,
  [outputs, perGroup, ...kernel]: Four,
  params: Conv2dParams,
): Four {
  const { groups } = params;
  if (perGroup * groups !== channels) {
    throw new ShapeError({
      where,
      problem: `x has ${channels} channels, but ${groups} group${groups === 1 ? "" : "s"} of ${perGroup} make ${perGroup * groups}`,
      expected: perGroup * groups,
      got: channels,
      help: "The weight is [out, in/groups, kh, kw] and images are [N, C, H, W].",
    });
  }
  if (outputs % groups !== 0) {
    throw new ShapeError({
      where,
      problem: `${outputs} output channels do not divide into ${groups} groups`,
      help: "Choose a multiple of groups.",
    });
  }
  return [n, outputs, ...outputSize(where, size, { ...params, kernel })];
}

/** Check a cotangent of a convolution's output. @throws {ShapeError} another shape than the output's */
export function checkOutputGrad(where: string, x: Four, weight: Four, params: Conv2dParams, got: Shape): void {
  const problem = "outputGrad does not have the shape of the convolution's output";
  const help = "Give the stride, padding and dilation of the forward call.";
  assertShape(where, problem, convolvedShape(where, x, weight, params), got, help);
}

/** A valid case: the image is grown from the output, plus pixels that the stride leaves over. */
export function randomConvolution(rng: Rng): { x: Four; weight: Four; grad: Four; params: Conv2dParams } {
  const draw = (most: number): Pair => [1 + rng.integer(most), 1 + rng.integer(most)];
  const kernel = draw(3);
  const stride = draw(2);
  const dilation = draw(2);
  const padding: Pair = [rng.integer(3), rng.integer(3)];
  const groups = 1 + rng.integer(2);
  const [n, perGroup, outputs] = [1 + rng.integer(2), 1 + rng.integer(2), groups * (1 + rng.integer(2))];
  const places = draw(2);
  const along = (axis: 0 | 1) => {
    const reach = (places[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
    return Math.max(1, reach - 2 * padding[axis] + rng.integer(stride[axis]));
  };
  const size: Pair = [along(0), along(1)];
  const params = { stride, padding, dilation, groups };
  return {
    x: [n, groups * perGroup, ...size],
    weight: [outputs, perGroup, ...kernel],
    grad: [n, outputs, ...outputSize("conv2d", size, { ...params, kernel })],
    params,
  };
}
