/**
 * Push-through: both sides' inverses applied to the very batch that they are made of, without forming the gradient.
 *
 * With ∇W = scale · gᵀa of the same batch, X = aᵀ/√B, Y = gᵀ/√B and K_X = XᵀX + μ_X I, K_Y = YᵀY + μ_Y I,
 *
 *     (Y Yᵀ + μ_Y I)⁻¹ gᵀ = gᵀ K_Y⁻¹,   a (X Xᵀ + μ_X I)⁻¹ = K_X⁻¹ a,
 *     direction = scale · gᵀ (K_Y⁻¹ K_X⁻¹) a.
 *
 * B × B matrices replace everything of size d, and nothing is subtracted, so float32 suffices. A side that is primal (d < B)
 * has its inverse applied to its own factor as usual.
 *
 * g [B, o] · a [B, i] · source: derived here; from (Y Yᵀ + μI) Y = Y (YᵀY + μI) follows (Y Yᵀ + μI)⁻¹ Y = Y (YᵀY + μI)⁻¹
 */

import { type Block, factoredGradient, type Gradient, type GradientFactors, lastOf } from "@kronograd/autograd";
import { cast, dot, eye, matmul, mul, neg, scale, type Tensor, weightedSum } from "@kronograd/tensor";
import type { Scalar } from "../../damping.ts";
import { applyToRows, type DualInverse, type SideInverse } from "./kronecker-side.ts";
import { onFactors } from "./precondition-both.ts";

/**
 * Precondition a batch's factored gradient by the factors of that same batch.
 *
 * @cost 2B² min(o, i) for a dual side's inverse, or 2B³ more and half of that for two; 2B d² for a primal side
 */
export function pushThrough(block: Block, gradient: Gradient, A: SideInverse, G: SideInverse): Gradient {
  const factors = gradient.factors as GradientFactors;
  const [o, i] = block.shape as [number, number];
  const duals = [G, A].filter((side) => side.form === "dual");
  const { dtype } = factors.g;
  const isKnown = (mu: Scalar): mu is number => typeof mu === "number";
  // K⁻¹ = −μ C: a μ that is known goes into the scale
  const cores = duals.map(({ core, mu }) => cast(isKnown(mu) ? core : neg(mul(core, cast(mu, core.dtype))), dtype));
  const size = duals.reduce((product, { mu }) => (isKnown(mu) ? -mu * product : product), factors.scale);
  const rows = {
    ...factors,
    scale: size,
    g: G.form === "primal" ? applyToRows(G, factors.g) : factors.g,
    ...(A.form === "primal" ? onFactors(A, factors) : {}), // else a itself, not even copied
  };
  const isCheap = duals.length === 2 && duals.every(({ mu }) => isKnown(mu));
  const slope = isCheap ? { with: gradient, product: slopeOf(duals, factors) } : undefined;
  // gᵀ K_Y⁻¹ K_X⁻¹ a: as (K_X⁻¹ K_Y⁻¹ g)ᵀ a or gᵀ (K_Y⁻¹ K_X⁻¹ a), whichever has fewer columns
  if (o <= i) return factoredGradient(block, { ...rows, g: product(cores.toReversed(), rows.g) }, slope);
  const last = rows.hasBias ? product(cores, lastOf(rows)) : undefined;
  return factoredGradient(block, { ...rows, a: product(cores, rows.a), last }, slope);
}

/**
 * The direction's inner product with its gradient, s² B² ⟨K_X⁻¹ XᵀX, K_Y⁻¹ YᵀY⟩: the Gram matrices of the factors are those
 * that were inverted, so nothing of size d is read.
 */
function slopeOf(duals: readonly DualInverse[], { g, scale: s }: GradientFactors): Tensor {
  const B = g.shape[0] as number;
  // I − μ K⁻¹ = K⁻¹ XᵀX
  const [p, q] = duals.map(({ core, mu }) => weightedSum(eye(B, g), cast(core, g.dtype), 1, (mu as number) ** 2));
  return scale(dot(p as Tensor, q as Tensor), (s * B) ** 2);
}

/** The matrices' product times R [B, n], in the cheaper order. */
function product(matrices: readonly Tensor[], R: Tensor): Tensor {
  const [B, n] = R.shape as [number, number];
  if (matrices.length === 2 && n > B) return matmul(matmul(matrices[0] as Tensor, matrices[1] as Tensor), R);
  return matrices.reduceRight((rows, matrix) => matmul(matrix, rows), R);
}
