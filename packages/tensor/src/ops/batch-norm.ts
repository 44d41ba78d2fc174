/** Batch normalisation: statistics over batch and positions, one for each channel. Source: Ioffe & Szegedy (2015), alg. 1. */

import { elementwise } from "../elementwise/elementwise.ts";
import * as e from "../elementwise/primitives.ts";
import { ShapeError } from "../errors.ts";
import { dispatch, run } from "../op/dispatch.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div, shift } from "./arithmetic.ts";
import { normalization } from "./parts/normalization.ts";
import { reshape } from "./reshape.ts";
import { sqrt } from "./unary.ts";

const batchNormOp = /* @__PURE__ */ normalization("batchNorm", [0, 3]);
const affineOp = /* @__PURE__ */ elementwise("batchNormInference", (x, mean, slope, beta) =>
  e.add(e.mul(e.sub(x, mean), slope), beta),
);

/** Results of batch normalisation in training. */
export interface BatchNormResult {
  /** [N, C, ...] */
  readonly y: Tensor;
  /** [C] mean of the batch */
  readonly mean: Tensor;
  /** [C] biased variance of the batch */
  readonly variance: Tensor;
}

/**
 * Normalise each channel by its mean and biased variance in the batch, then scale and shift it.
 *
 * @param x      [N, C, ...]
 * @param gamma  [C]
 * @param beta   [C]
 * @throws {ShapeError} gamma or beta has another shape
 */
export function batchNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon = 1e-5): BatchNormResult {
  const [y, mean, variance] = dispatch(batchNormOp, [x, gamma, beta], { groups: 1, epsilon });
  return { y, mean, variance };
}

/**
 * Normalise each channel by given statistics.
 *
 * @param x                              [N, C, ...]
 * @param gamma, beta, mean, variance    [C]
 * @throws {ShapeError} one of them has another shape
 */
export function batchNormInference(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon = 1e-5,
): Tensor {
  const channels = x.shape[1] as number;
  for (const t of [gamma, beta, mean, variance]) {
    if (t.rank === 1 && t.shape[0] === channels) continue;
    throw new ShapeError({
      where: "batchNormInference",
      problem: "there must be one entry for each channel",
      expected: [channels],
      got: t.shape,
    });
  }
  return scope(() => {
    const along = (t: Tensor) => reshape(t, [channels, ...x.shape.slice(2).map(() => 1)]);
    const slope = div(gamma, sqrt(shift(variance, epsilon)));
    return run(affineOp, [x, along(mean), along(slope), along(beta)], {});
  });
}
