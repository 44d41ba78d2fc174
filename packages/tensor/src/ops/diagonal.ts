/** Diagonals of square matrices as views, and matrices with a given diagonal. */

import { ShapeError } from "../errors.ts";
import { lastTwo } from "../layout/window.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { eye } from "../tensor/create.ts";
import type { Rng } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { where } from "./comparison.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum-broadcast.ts";

const diagonalOp = /* @__PURE__ */ defineOp<Record<string, never>>({
  name: "diagonal",
  view({ shape, strides, offset }) {
    const [down, right] = lastTwo(strides);
    return { shape: shape.slice(0, -1), strides: [...strides.slice(0, -2), down + right], offset };
  },
  vjp: { pull: ([cotangent]) => [diag(cotangent)] },
});

/* @__PURE__ */ sampled(diagonalOp, (rng) => {
  const shape = sampleShape(rng);
  return { inputs: [{ shape: [...shape, shape.at(-1) as number] }], params: {} };
});

const sampleShape = (rng: Rng): Shape => Array.from({ length: 1 + rng.integer(2) }, () => 1 + rng.integer(3));

/**
 * The diagonal of a square matrix, or of each matrix of a batch, without a copy.
 *
 * @param x  [..., n, n]
 * @returns  [..., n]
 * @throws {ShapeError} the last two axes differ
 */
export function diagonal(x: Tensor): Tensor {
  if (x.rank < 2 || x.shape.at(-1) !== x.shape.at(-2)) {
    throw new ShapeError({
      where: "diagonal",
      problem: "needs square matrices",
      expected: "[..., n, n]",
      got: x.shape,
    });
  }
  return run(diagonalOp, [x], {});
}

/**
 * The matrix with a given diagonal and zeros elsewhere.
 *
 * @param x  [..., n]
 * @returns  [..., n, n]
 * @throws {ShapeError} x is a scalar
 */
export function diag(x: Tensor): Tensor {
  if (x.rank === 0)
    throw new ShapeError({ where: "diag", problem: "a scalar is no diagonal", expected: "[..., n]", got: x.shape });
  const n = x.shape.at(-1) as number;
  return scope(() => where(eye(n, { device: x.device, dtype: "int32" }), reshape(x, [...x.shape, 1]), 0));
}

/**
 * The sum of the diagonal.
 *
 * @param x  [..., n, n]
 * @returns  [...]
 * @throws {ShapeError} the last two axes differ
 */
export function trace(x: Tensor): Tensor {
  return scope(() => sum(diagonal(x), -1));
}
