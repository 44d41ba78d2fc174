/**
 * Symmetric rank-k products X Xᵀ: half the work of a general product, and an exactly symmetric result.
 *
 * Gram matrices of ill-conditioned factors need care, so a kernel must sum in float64, or in float32 chunks of at most
 * 128 columns that are then added up; the loops of tensor sum in float64.
 *
 * X [n, k] · X Xᵀ [n, n]
 */

import {
  add,
  defineOp,
  matmul,
  run,
  type Spec,
  sampled,
  scope,
  syrkLoops,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { matrixSize, type None } from "./checks.ts";

const syrkOp = /* @__PURE__ */ defineOp<None>({
  name: "syrk",
  shape([X]) {
    const [n] = matrixSize("syrk", "X", X as Spec);
    return [{ shape: [n, n], dtype: (X as Spec).dtype }];
  },
  reference: syrkLoops,
  vjp: {
    saveInputs: () => [0],
    pull: ([cotangent], saved) => [matmul(add(cotangent as Tensor, transpose(cotangent as Tensor)), saved.input(0))],
  },
});

/* @__PURE__ */ sampled(syrkOp, (rng) => ({
  inputs: [{ shape: [1 + rng.integer(5), 1 + rng.integer(5)] }],
  params: {},
}));

/**
 * Multiply a matrix by its own transpose: X Xᵀ.
 *
 * @param X   [n, k]
 * @returns   [n, n]  exactly symmetric
 * @throws {ShapeError | DtypeError}  X is no matrix of floats
 * @cost      n² k flops
 * @example
 * syrk(tensor([[1, 2], [3, 4]]));   // [[5, 11], [11, 25]]
 */
export function syrk(X: Tensor): Tensor {
  return run(syrkOp, [X], {});
}

/**
 * Form the Gram matrix of the columns: Xᵀ X.
 *
 * @param X   [d, r]
 * @returns   [r, r]  exactly symmetric
 * @throws {ShapeError | DtypeError}  X is no matrix of floats
 * @cost      r² d flops
 * @example
 * gram(tensor([[1, 2], [3, 4]]));   // [[10, 14], [14, 20]]
 */
export function gram(X: Tensor): Tensor {
  return scope(() => syrk(transpose(X)));
}
