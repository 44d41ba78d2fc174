/** Group normalisation: statistics of each example over a group of channels and all positions. Source: Wu & He (2018), §3.1. */

import { dispatch } from "../op/dispatch.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { normalization } from "./parts/normalization.ts";

const groupNormOp = /* @__PURE__ */ normalization("groupNorm", [2, 3]);

/**
 * Normalise each group of channels of each example, then scale and shift each channel.
 *
 * @param x       [N, C, ...]
 * @param gamma   [C]
 * @param beta    [C]
 * @param groups  divides C; C groups are instance normalisation
 * @throws {ShapeError} gamma or beta has another shape
 * @throws {UsageError} the channels do not divide into groups
 */
export function groupNorm(x: Tensor, gamma: Tensor, beta: Tensor, groups: number, epsilon = 1e-5): Tensor {
  return scope(() => dispatch(groupNormOp, [x, gamma, beta], { groups, epsilon })[0]);
}
