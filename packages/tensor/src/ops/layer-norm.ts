/** Layer normalisation: statistics of each example over its trailing axes. Source: Ba, Kiros & Hinton (2016), eq. 4. */

import { ShapeError } from "../errors.ts";
import { scope } from "../tensor/scope.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { groupNorm } from "./group-norm.ts";
import { reshape } from "./reshape.ts";

/**
 * Normalise over the trailing axes that gamma covers, then scale and shift. It is `groupNorm` with one group over rows.
 *
 * @param x      [..., ...shape]
 * @param gamma  [...shape]
 * @param beta   [...shape]
 * @throws {ShapeError} gamma's shape does not end x's, or beta's differs from it
 */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon = 1e-5): Tensor {
  const { shape } = gamma;
  if (shape.length === 0 || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new ShapeError({
      where: "layerNorm",
      problem: "gamma must cover trailing axes of the input",
      expected: `the end of [${x.shape.join(", ")}]`,
      got: shape,
    });
  }
  if (!sameShape(beta.shape, shape)) {
    throw new ShapeError({
      where: "layerNorm",
      problem: "beta has another shape than gamma",
      expected: shape,
      got: beta.shape,
    });
  }
  return scope(() => {
    const rows = reshape(x, [-1, sizeOf(shape)]);
    return reshape(groupNorm(rows, reshape(gamma, [-1]), reshape(beta, [-1]), 1, epsilon), x.shape);
  });
}
