/** The outer product of two vectors. */

import { ShapeError } from "../errors.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { expandDims } from "./expand-squeeze.ts";

/**
 * x yᵀ.
 *
 * @param x  [m]
 * @param y  [n]
 * @returns  [m, n]
 * @throws {ShapeError} x or y is not a vector
 * @example
 * outer(tensor([1, 2]), tensor([3, 4]));   // [[3, 4], [6, 8]]
 */
export function outer(x: Tensor, y: Tensor): Tensor {
  if (x.rank !== 1 || y.rank !== 1) {
    throw new ShapeError({
      where: "outer",
      problem: "needs two vectors",
      expected: [["m"], ["n"]],
      got: [x.shape, y.shape],
    });
  }
  return scope(() => mul(expandDims(x, 1), y));
}
