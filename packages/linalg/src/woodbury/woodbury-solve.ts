/** Uses of (X Xᵀ + μI)⁻¹ for columns X in one call: solutions, both sides of a product, the log determinant. */

import { eye, matmul, scale, scope, shift, type Tensor, transpose, UsageError, weightedSum } from "@kronograd/tensor";
import { matrixSize, sameSize } from "../checks.ts";
import { cholesky, logDet } from "../cholesky.ts";
import { gram, syrk } from "../syrk.ts";
import { pushThrough } from "./push-through.ts";
import { secondMoment } from "./second-moment.ts";
import { woodbury, woodburyApply } from "./woodbury.ts";

/**
 * Solve (X Xᵀ + μI) Z = V, without forming a d × d matrix when X has fewer columns than rows.
 *
 * No derivative passes through: for one, solve with `cholesky` of X Xᵀ + μI.
 *
 * @param X   [d, r]
 * @param mu  []  damping ≥ 0
 * @param V   [d, k]
 * @returns   [d, k]
 * @throws {ShapeError}      V has another row count than X
 * @throws {UsageError}      μ is no number ≥ 0
 * @throws {NumericalError}  μ = 0 and r < d
 * @cost      d r min(d, r) + 4 d r k flops and lower order
 * @source    Tang et al. (2021), "SKFAC: Training Neural Networks with Faster Kronecker-Factored Approximate Curvature", §3
 * @example
 * woodburySolve(tensor([[1], [1]]), 1, tensor([[3], [0]]));   // [[2], [-1]]
 */
export function woodburySolve(X: Tensor, mu: number, V: Tensor): Tensor {
  const [d, r] = matrixSize("woodburySolve", "X", X);
  sameSize("woodburySolve", "rows of V and of X", d, matrixSize("woodburySolve", "V", V)[0]);
  checkDamping("woodburySolve", mu);
  return scope(() => {
    const moment = secondMoment(transpose(X), r < d ? "dual" : "primal");
    return woodburyApply(woodbury(moment, mu, "woodburySolve"), V);
  });
}

/**
 * Precondition Y Xᵀ on both sides by the second moments of its own columns, without forming a d × d matrix.
 *
 * (Y Yᵀ + μ_Y I)⁻¹ Y Xᵀ (X Xᵀ + μ_X I)⁻¹
 *
 * @param Y   [o, B]
 * @param X   [i, B]
 * @returns   [o, i]
 * @throws {ShapeError}      the column counts differ
 * @throws {UsageError}      a μ is no number ≥ 0
 * @throws {NumericalError}  a μ is 0
 * @cost      2 o i B + B² (o + i) + 2 B² min(o, i) + 5 B³ flops
 * @source    push-through.ts
 */
export function pushThroughSolve(Y: Tensor, X: Tensor, muY: number, muX: number): Tensor {
  const where = "pushThroughSolve";
  const [, columns] = matrixSize(where, "Y", Y);
  sameSize(where, "columns of Y and of X", columns, matrixSize(where, "X", X)[1]);
  checkDamping(where, muY);
  checkDamping(where, muX);
  return scope(() => {
    const inverse = (Xt: Tensor, mu: number) => woodbury({ form: "dual", Xt }, mu, where);
    const [Yt, Xt] = [transpose(Y), transpose(X)];
    const pushed = pushThrough(inverse(Yt, muY), inverse(Xt, muX), { g: Yt, a: Xt, scale: 1 });
    return scale(matmul(transpose(pushed.g), pushed.a), pushed.scale);
  });
}

/**
 * Take log det(X Xᵀ + μI) = (d − r) log μ + log det(XᵀX + μI), through the smaller of the two matrices. Differentiable.
 *
 * @param X   [d, r]
 * @param mu  []  damping ≥ 0
 * @returns   []
 * @throws {UsageError}      μ is no number ≥ 0
 * @throws {NumericalError}  the matrix is singular
 * @cost      d r min(d, r) + min(d, r)³/3 flops
 * @source    Hager (1989), "Updating the inverse of a matrix"
 */
export function woodburyLogDet(X: Tensor, mu: number): Tensor {
  const [d, r] = matrixSize("woodburyLogDet", "X", X);
  checkDamping("woodburyLogDet", mu);
  return scope(() => {
    const M = r < d ? gram(X) : syrk(X);
    const small = logDet(cholesky(weightedSum(M, eye(M.shape[0] as number, M), 1, mu)));
    return r < d ? shift(small, (d - r) * Math.log(mu)) : small;
  });
}

function checkDamping(where: string, mu: number): void {
  if (mu >= 0 && mu < Number.POSITIVE_INFINITY) return;
  throw new UsageError({ where, problem: "μ must be a number ≥ 0", got: mu });
}
