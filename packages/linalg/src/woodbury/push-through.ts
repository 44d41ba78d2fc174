/**
 * Push-through: both sides' damped inverses applied to the very rows that they are made of, without forming a d × d matrix.
 *
 * With X = aᵀ/s, Y = gᵀ/t for any numbers s and t, K_X = XᵀX + μ_X I and K_Y = YᵀY + μ_Y I,
 *
 *     (Y Yᵀ + μ_Y I)⁻¹ gᵀ = gᵀ K_Y⁻¹,   a (X Xᵀ + μ_X I)⁻¹ = K_X⁻¹ a,
 *     (Y Yᵀ + μ_Y I)⁻¹ gᵀ a (X Xᵀ + μ_X I)⁻¹ = gᵀ (K_Y⁻¹ K_X⁻¹) a.
 *
 * B × B matrices replace everything of size d, and nothing is subtracted, so float32 suffices. A side that is primal (d < B)
 * has its inverse applied to its own rows as usual.
 *
 * g [B, o] · a [B, i] · source: derived here; from (Y Yᵀ + μI) Y = Y (YᵀY + μI) follows (Y Yᵀ + μI)⁻¹ Y = Y (YᵀY + μI)⁻¹
 */

import { cast, dot, eye, matmul, mul, neg, type Tensor, weightedSum } from "@kronograd/tensor";
import type { Scalar } from "../damping.ts";
import { type DualWoodbury, type Woodbury, woodburyApplyToRows, woodburyApplyToSplitRows } from "./woodbury.ts";

/** The product scale · gᵀ [a, last]. */
export interface ProductRows {
  /** [B, o] */
  readonly g: Tensor;
  /** [B, i] */
  readonly a: Tensor;
  readonly scale: number;
  /** Makes the last coordinate of a's rows, [B, 1], where they have one; called only if it is needed. */
  readonly last?: (() => Tensor) | undefined;
}

/** The product after both inverses. */
export interface PushedThrough {
  readonly g: Tensor;
  readonly a: Tensor;
  readonly scale: number;
  /** undefined where a's last coordinate is unchanged, or where there is none. */
  readonly last?: Tensor | undefined;
  /**
   * ⟨K_X⁻¹ XᵀX, K_Y⁻¹ YᵀY⟩, where both sides are dual and their μ are numbers: times (scale · s · t)² it is the inner product of
   * the result with the product itself. Nothing of size d is read for it.
   */
  readonly overlap?: Tensor | undefined;
}

/**
 * Apply both inverses to a product of the rows that they were made of.
 *
 * @param G  inverse of the second moment of g, up to a factor
 * @param A  inverse of that of [a, last], up to a factor
 * @cost 2B² min(o, i) for a dual side's inverse, or 2B³ more and half of that for two; 2B d² for a primal side
 */
export function pushThrough(G: Woodbury, A: Woodbury, { g, a, scale: factor, last }: ProductRows): PushedThrough {
  const duals = [G, A].filter((side) => side.form === "dual");
  const isKnown = (mu: Scalar): mu is number => typeof mu === "number";
  // K⁻¹ = −μ C: a μ that is known goes into the scale
  const cores = duals.map(({ core, mu }) => cast(isKnown(mu) ? core : neg(mul(core, cast(mu, core.dtype))), g.dtype));
  const pushed = {
    scale: duals.reduce((size, { mu }) => (isKnown(mu) ? -mu * size : size), factor),
    g: G.form === "primal" ? woodburyApplyToRows(G, g) : g,
    ...(A.form === "primal" ? woodburyApplyToSplitRows(A, a, last?.()) : { a, last: undefined }), // a itself, not even copied
    overlap: duals.length === 2 && duals.every(({ mu }) => isKnown(mu)) ? overlapOf(duals, g) : undefined,
  };
  const [o, i] = [g.shape[1] as number, (a.shape[1] as number) + (last === undefined ? 0 : 1)];
  // gᵀ K_Y⁻¹ K_X⁻¹ a: as (K_X⁻¹ K_Y⁻¹ g)ᵀ a or gᵀ (K_Y⁻¹ K_X⁻¹ a), whichever has fewer columns
  if (o <= i) return { ...pushed, g: product(cores.toReversed(), pushed.g) };
  return { ...pushed, a: product(cores, pushed.a), last: last && product(cores, pushed.last ?? last()) };
}

function overlapOf(duals: readonly DualWoodbury[], g: Tensor): Tensor {
  const B = g.shape[0] as number;
  // I − μ K⁻¹ = K⁻¹ XᵀX
  const [p, q] = duals.map(({ core, mu }) => weightedSum(eye(B, g), cast(core, g.dtype), 1, (mu as number) ** 2));
  return dot(p as Tensor, q as Tensor);
}

/** The matrices' product times R [B, n], in the cheaper order. */
function product(matrices: readonly Tensor[], R: Tensor): Tensor {
  const [B, n] = R.shape as [number, number];
  if (matrices.length === 2 && n > B) return matmul(matmul(matrices[0] as Tensor, matrices[1] as Tensor), R);
  return matrices.reduceRight((rows, matrix) => matmul(matrix, rows), R);
}
