/**
 * (A + μI)⁻¹ of a symmetric positive semidefinite matrix, what curvature needs of a second moment, exactly symmetric
 * and positive semidefinite: L⁻ᵀ L⁻¹ of its Cholesky factor. One op, so that nothing between is stored, rounded or recorded.
 */

import {
  assertShape,
  defineOp,
  type HostOperand,
  run,
  type Spec,
  sampled,
  syrkLoops,
  type Tensor,
} from "@kronograd/tensor";
import { squareSize } from "./checks.ts";
import { pivotError } from "./cholesky.ts";
import { inverseFactor } from "./inverse-factor.ts";
import { scratchOf } from "./recursive.ts";

const dampedInverseOp = /* @__PURE__ */ defineOp<{ readonly damping: number }>({
  name: "dampedInverse",
  noVjp: "only curvature goes through it; choleskyInverse(cholesky(A)) has a derivative",
  shape([A, mu]) {
    if (mu !== undefined) assertShape("dampedInverse", "μ must be one number", [], mu.shape);
    squareSize("dampedInverse", "A", A as Spec);
    return [A as Spec];
  },
  reference([out], [A, mu], { damping }) {
    const { shape, dtype } = A as HostOperand;
    const n = shape[0] as number;
    const factor = scratchOf(A as HostOperand);
    const added = mu === undefined ? damping : mu.data[mu.offset]!;
    for (let at = 0; at < n * n; at += n + 1) factor.data[at]! += added;
    inverseFactor(factor, (pivot, value) => pivotError("dampedInverse", "A + μI", pivot, value, shape, dtype));
    const turned: HostOperand = { shape, strides: [1, n], offset: 0, dtype: "float64", data: factor.data };
    syrkLoops([out as HostOperand], [turned], {});
  },
});

/* @__PURE__ */ sampled(dampedInverseOp, (rng) => {
  const n = 1 + rng.integer(5);
  return { inputs: [{ shape: [n, n], structure: "spd" }], params: { damping: rng.uniform() } };
});

/**
 * Invert A + μI.
 *
 * @param A        [n, n]  symmetric; only the lower triangle is read
 * @param damping  []      μ ≥ 0, which the device may hold
 * @returns        [n, n]  exactly symmetric; computed in float64 and rounded to A's dtype
 * @throws {ShapeError}      A is not square
 * @throws {NumericalError}  A + μI is not positive definite or not finite; names the pivot (from 0) and its value
 * @cost      2.2 n³ flops, all but a few in large products; scratch of 1⅔ n² doubles
 * @source    inverse-factor.ts
 * @example
 * dampedInverse(tensor([[3, 2], [2, 3]]), 1);   // [[1/3, -1/6], [-1/6, 1/3]]
 */
export function dampedInverse(A: Tensor, damping: number | Tensor): Tensor {
  return typeof damping === "number"
    ? run(dampedInverseOp, [A], { damping })
    : run(dampedInverseOp, [A, damping], { damping: 0 });
}
