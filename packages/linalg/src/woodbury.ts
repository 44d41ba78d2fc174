/**
 * (X Xᵀ + μI)⁻¹ through an r × r system, and its push-through form.
 *
 * For few columns (r < d), (X Xᵀ + μI)⁻¹ V = (V − X K⁻¹ Xᵀ V) / μ with K = XᵀX + μI: nothing of size d × d is formed. Where
 * d ≤ r the smaller system is X Xᵀ + μI itself. Both are exact, so the choice is one of cost. The subtraction cancels where V
 * lies in the span of X: its rounding is small relative to ‖V‖/μ, not to the result. Push-through subtracts nothing.
 *
 * Precision: the small system is factored and solved in float64 whatever X is. A float32 Gram matrix is good enough while
 * its rounding, ε·tr K, stays far below μ; `gramBits` decides, and the result says what was chosen.
 *
 * X [d, r] · Y [o, r] · V [d, k] · μ > 0 · K [r, r] · L lower Cholesky factor of the small system, float64
 */

import {
  adopt,
  cast,
  eye,
  frobenius2,
  matmul,
  NumericalError,
  retain,
  scale,
  scope,
  shift,
  sub,
  type Tensor,
  transpose,
  UsageError,
  weightedSum,
} from "@kronograd/tensor";
import { matrixSize, sameSize } from "./checks.ts";
import { cholesky, choleskySolve, logDet } from "./cholesky.ts";
import { gram, syrk } from "./syrk.ts";

/** In which precision a Gram matrix is formed. */
export type GramBits = 32 | 64;

/** A factored Gram matrix of columns. */
export interface DampedGram {
  /** [r, r] lower Cholesky factor of K = XᵀX + μI, float64. */
  readonly L: Tensor;
  /** The precision in which XᵀX was formed. */
  readonly bits: GramBits;
}

/** (X Xᵀ + μI)⁻¹, factored: a plain tree of tensors and numbers, as optimizer state may hold. */
export interface Woodbury {
  /** [d, r], or null where the factored system is X Xᵀ + μI itself. */
  readonly X: Tensor | null;
  /** [r, r] or [d, d], float64. */
  readonly L: Tensor;
  readonly mu: number;
  readonly bits: GramBits;
}

/** Choices that are made by size and precision unless named. */
export interface WoodburyOptions {
  /** "dual" is the r × r system, "primal" the d × d one; default: the smaller. */
  readonly form?: "dual" | "primal";
  /** Precision of the Gram matrix; default: by `gramBits`, or that of X where the device is asynchronous. */
  readonly bits?: GramBits;
}

/**
 * Choose the precision of a float32 Gram matrix: 64 bits where tr K / μ · ε > 1e-2.
 *
 * @param trace  []  of K, which is ‖X‖²
 */
export function gramBits(trace: number, mu: number): GramBits {
  return trace * 2 ** -24 > 1e-2 * mu ? 64 : 32;
}

/**
 * Factor the damped Gram matrix of the columns: XᵀX + μI = L Lᵀ, in float64.
 *
 * @param X   [d, r]
 * @param mu  []  damping ≥ 0
 * @param bits  precision of the Gram matrix (default: `gramBits`)
 * @returns   L [r, r] and the precision
 * @throws {NumericalError}  the matrix is not positive definite: μ = 0 and dependent columns
 * @cost      r² d + r³/3 flops
 */
export function dampedGram(X: Tensor, mu: number, bits?: GramBits): DampedGram {
  return factorDamped("dampedGram", X, mu, gram, bits);
}

function factorDamped(
  where: string,
  X: Tensor,
  mu: number,
  product: (X: Tensor) => Tensor,
  bits = chooseGramBits(X, mu),
): DampedGram {
  if (!(mu >= 0 && mu < Number.POSITIVE_INFINITY)) {
    throw new UsageError({ where, problem: "μ must be a number ≥ 0", got: mu });
  }
  return scope(() => {
    const K = cast(product(cast(X, bits === 64 ? "float64" : X.dtype)), "float64"); // [r, r] or [d, d]
    const identity = eye(K.shape[0] as number, { device: X.device, dtype: "float64" });
    return { L: cholesky(weightedSum(K, identity, 1, mu)), bits };
  });
}

/**
 * Choose the precision of the Gram matrix of columns X by `gramBits`. An asynchronous device cannot be asked for the trace
 * without waiting: there the caller decides, or X's precision is kept.
 *
 * @param X  of any shape; its norm counts
 */
export function chooseGramBits(X: Tensor, mu: number): GramBits {
  if (X.dtype === "float64") return 64;
  if (X.device.backend.host === undefined) return 32;
  return gramBits(
    scope(() => frobenius2(X).itemSync()),
    mu,
  );
}

/**
 * Factor X Xᵀ + μI for later solves, through the smaller of its two systems.
 *
 * @param X   [d, r]
 * @param mu  []  damping ≥ 0
 * @returns   a plain tree for woodburyApply, woodburyLogDet and woodburyDense
 * @throws {ShapeError}      X is no matrix
 * @throws {NumericalError}  μ = 0 and r < d (X Xᵀ is singular), or the small system is not positive definite
 * @cost      d r min(d, r) + min(d, r)³/3 flops
 * @source    Hager (1989), "Updating the inverse of a matrix"
 */
export function woodbury(X: Tensor, mu: number, options: WoodburyOptions = {}): Woodbury {
  const [d, r] = matrixSize("woodbury", "X", X);
  const dual = (options.form ?? (r < d ? "dual" : "primal")) === "dual";
  if (mu === 0 && (dual || r < d)) {
    throw new NumericalError({
      where: "woodbury",
      problem: `μ is 0 and X Xᵀ [${d}, ${d}] has rank at most ${Math.min(r, d)}`,
      expected: dual ? "μ > 0" : `μ > 0, or at least ${d} columns`,
      got: `μ = ${mu}`,
      help: "Raise damping above 0.",
      details: { mu, d, r },
    });
  }
  return {
    X: dual ? adopt(retain(X)) : null,
    mu,
    ...factorDamped("woodbury", X, mu, dual ? gram : syrk, options.bits),
  };
}

/**
 * Apply (X Xᵀ + μI)⁻¹.
 *
 * @param V   [d, k]
 * @returns   [d, k]  the dtype of V
 * @throws {ShapeError}  V has another row count
 * @cost      dual: 4 d r k + 2 r² k flops; primal: 2 d² k
 */
export function woodburyApply({ X, L, mu }: Woodbury, V: Tensor): Tensor {
  const [rows] = matrixSize("woodburyApply", "V", V);
  sameSize("woodburyApply", "rows of V and of X", (X ?? L).shape[0] as number, rows);
  return scope(() => {
    if (X === null) return cast(choleskySolve(L, cast(V, "float64")), V.dtype);
    const inner = choleskySolve(L, cast(matmul(transpose(X), V), "float64")); // [r, k]
    return scale(sub(V, matmul(X, cast(inner, V.dtype))), 1 / mu);
  });
}

/**
 * Take log det(X Xᵀ + μI) = (d − r) log μ + log det(XᵀX + μI).
 *
 * @returns   []  float64
 * @cost      min(d, r) logarithms
 * @source    Hager (1989), "Updating the inverse of a matrix"
 */
export function woodburyLogDet({ X, L, mu }: Woodbury): Tensor {
  if (X === null) return logDet(L);
  const [d, r] = X.shape as [number, number];
  return scope(() => shift(logDet(L), (d - r) * Math.log(mu)));
}

/**
 * Form (X Xᵀ + μI)⁻¹ as a matrix: for tests and pictures.
 *
 * @returns   [d, d]
 * @cost      that of woodburyApply with d columns
 */
export function woodburyDense(factors: Woodbury): Tensor {
  const like = factors.X ?? factors.L;
  return scope(() => woodburyApply(factors, eye(like.shape[0] as number, like)));
}

/**
 * Solve (X Xᵀ + μI) Z = V without forming a d × d matrix when X has fewer columns than rows.
 *
 * @param X   [d, r]
 * @param mu  []  damping ≥ 0
 * @param V   [d, k]
 * @returns   [d, k]
 * @throws {ShapeError}      V has another row count than X
 * @throws {NumericalError}  μ = 0 and r < d
 * @cost      d r min(d, r) + 4 d r k flops and lower order
 * @source    Tang et al. (2021), "SKFAC: Training Neural Networks with Faster Kronecker-Factored Approximate Curvature", §3
 * @example
 * woodburySolve(tensor([[1], [1]]), 1, tensor([[3], [0]]));   // [[2], [-1]]
 */
export function woodburySolve(X: Tensor, mu: number, V: Tensor, options: WoodburyOptions = {}): Tensor {
  return scope(() => woodburyApply(woodbury(X, mu, options), V));
}

/**
 * Precondition the gradient Y Xᵀ on both sides by the columns it is made of, without forming it.
 *
 *     (Y Yᵀ + μ_Y I)⁻¹ Y Xᵀ (X Xᵀ + μ_X I)⁻¹ = Y (YᵀY + μ_Y I)⁻¹ (XᵀX + μ_X I)⁻¹ Xᵀ
 *
 * @param Y    [o, B]  output gradients, one column per example
 * @param X    [i, B]  inputs
 * @returns    [o, i]
 * @throws {ShapeError}      the column counts differ
 * @throws {NumericalError}  a Gram matrix is not positive definite (μ = 0 and dependent columns)
 * @cost       2 o i B + B² (o + i) + 4 B² min(o, i) + 2B³/3 flops
 * @source     derived here: from (Y Yᵀ + μI) Y = Y (YᵀY + μI) follows (Y Yᵀ + μI)⁻¹ Y = Y (YᵀY + μI)⁻¹, and for X by transposing
 */
export function pushThrough(Y: Tensor, X: Tensor, muY: number, muX: number): Tensor {
  const [o, columns] = matrixSize("pushThrough", "Y", Y);
  const [i, others] = matrixSize("pushThrough", "X", X);
  sameSize("pushThrough", "columns of Y and of X", columns, others);
  return scope(() => {
    const { L: LY } = dampedGram(Y, muY);
    const { L: LX } = dampedGram(X, muX);
    if (o <= i) {
      const solved = choleskySolve(LX, choleskySolve(LY, cast(transpose(Y), "float64"))); // [B, o]
      return matmul(transpose(cast(solved, Y.dtype)), transpose(X));
    }
    const solved = choleskySolve(LY, choleskySolve(LX, cast(transpose(X), "float64"))); // [B, i]
    return matmul(Y, cast(solved, X.dtype));
  });
}
