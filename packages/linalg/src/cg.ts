/**
 * Conjugate gradients: A x = b for symmetric positive definite A, known only by its products with vectors.
 *
 * Each step moves along a direction that is A-conjugate to all before it, so the error falls in the A-norm at every step and
 * is zero after n steps in exact arithmetic. A direction with pᵀ A p ≤ 0 proves that A is not positive definite; the step
 * stops there and says so, with the last good x, which is what Newton methods want.
 *
 * The system is solved for b over a power of two near its largest element, which is exact: in float32 the squares of a small b
 * would be 0, and those of a large one infinite.
 *
 * b, x, r (residual b − A x), z (preconditioned residual), p (direction) [n, 1]
 */

import {
  abs,
  copy,
  dot,
  max,
  NumericalError,
  ShapeError,
  scale,
  scope,
  sub,
  type Tensor,
  weightedSum,
  zeros,
} from "@kronograd/tensor";
import { matrixSize, sameSize } from "./checks.ts";
import type { LinearOperator } from "./operator.ts";

/** When to stop, and where to start. */
export interface CgOptions {
  /** Stop at ‖r‖ ≤ tolerance · ‖b‖ (default 1e-6). */
  readonly tolerance?: number;
  /** Stop after so many products with A (default n). */
  readonly maxIterations?: number;
  /** An approximation of A⁻¹, symmetric positive definite. */
  readonly preconditioner?: LinearOperator;
  /** [n, 1] first guess (default 0). */
  readonly start?: Tensor;
}

/** A solution and how it was reached. */
export interface CgResult {
  /** [n, 1] */
  readonly x: Tensor;
  /** Products with A along a direction. */
  readonly iterations: number;
  /** ‖b − A x‖ / ‖b‖ by recurrence; 0 for b = 0. */
  readonly residual: number;
  readonly stopped: "converged" | "maxIterations" | "negativeCurvature";
}

/**
 * Solve A x = b by conjugate gradients.
 *
 * Step sizes are read on the host: the device must be synchronous, and gradients do not pass through.
 *
 * @param A   [n, n]  symmetric positive definite
 * @param b   [n, 1]
 * @returns   x, and how it was reached
 * @throws {ShapeError}    b is not one column of A's size
 * @throws {NumericalError}  A p is not finite, or the preconditioner is not positive definite
 * @throws {BackendError}  the device is asynchronous
 * @cost      an application of A and of the preconditioner, and 10 n flops, per iteration
 * @source    Hestenes & Stiefel (1952); Golub & Van Loan, Matrix Computations (4th ed.), §11.3
 */
export function conjugateGradients(A: LinearOperator, b: Tensor, options: CgOptions = {}): CgResult {
  const where = "conjugateGradients";
  const [n, columns] = matrixSize(where, "b", b);
  if (columns !== 1) throw new ShapeError({ where, problem: "b must be one column", expected: [n, 1], got: b.shape });
  sameSize(where, "rows of A and of b", A.shape[0], n);
  sameSize(where, "rows and columns of A", A.shape[0], A.shape[1]);
  const { tolerance = 1e-6, maxIterations = n, start } = options;
  const precondition = (r: Tensor) => options.preconditioner?.apply(r) ?? r;

  return scope(() => {
    const unit = unitOf(b);
    const target = scale(b, 1 / unit);
    let x = start === undefined ? zeros(b.shape, b) : scale(start, 1 / unit);
    let r = start === undefined ? copy(target) : scope(() => sub(target, A.apply(x)));
    let z = precondition(r);
    let p = z;
    let rz = inner(r, z);
    const norm = Math.sqrt(inner(target, target));
    const enough = tolerance * norm;
    let length = Math.sqrt(inner(r, r));
    let stopped: CgResult["stopped"] = "maxIterations";
    let iterations = 0;
    for (; length > enough && iterations < maxIterations; iterations++) {
      const next = scope(() => {
        const Ap = A.apply(p);
        const curvature = inner(p, Ap);
        if (!Number.isFinite(curvature) || !(rz > 0)) throw breakdown(curvature, rz, iterations);
        if (curvature <= 0) return null;
        const alpha = rz / curvature;
        const nextR = weightedSum(r, Ap, 1, -alpha);
        const nextZ = precondition(nextR);
        const nextRz = inner(nextR, nextZ);
        const nextP = weightedSum(nextZ, p, 1, nextRz / rz);
        return { x: weightedSum(x, p, 1, alpha), r: nextR, z: nextZ, p: nextP, rz: nextRz };
      });
      if (next === null) {
        stopped = "negativeCurvature";
        break;
      }
      for (const old of [x, r, z, p]) old.dispose();
      ({ x, r, z, p, rz } = next);
      length = Math.sqrt(inner(r, r));
    }
    if (length <= enough) stopped = "converged";
    return { x: scale(x, unit), iterations, residual: norm === 0 ? 0 : length / norm, stopped };
  });
}

/** A power of two near the largest element, within float32's range; 1 where that is 0 or not finite. */
function unitOf(b: Tensor): number {
  const largest = scope(() => max(abs(b)).itemSync());
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return 1;
  return 2 ** Math.min(100, Math.max(-100, Math.floor(Math.log2(largest))));
}

/** aᵀ b as a number. */
function inner(a: Tensor, b: Tensor): number {
  return scope(() => dot(a, b).itemSync());
}

function breakdown(curvature: number, rz: number, iteration: number): NumericalError {
  return new NumericalError({
    where: "conjugateGradients",
    problem: Number.isFinite(curvature) ? "the preconditioner is not positive definite" : "A p is not finite",
    got: Number.isFinite(curvature)
      ? `rᵀ M r = ${rz} at iteration ${iteration}`
      : `pᵀ A p = ${curvature} at iteration ${iteration}`,
    help: "Check the operator on the vectors it is given.",
    details: { curvature, rz, iteration },
  });
}
