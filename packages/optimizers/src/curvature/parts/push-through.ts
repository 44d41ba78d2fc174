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
import { cast, matmul, type Tensor } from "@kronograd/tensor";
import { applyToRows, type SideInverse } from "./side.ts";
import { onFactors } from "./two-sided.ts";

/**
 * Precondition a batch's factored gradient by the factors of that same batch.
 *
 * @cost 2B² min(o, i) for a dual side's inverse, or 2B³ more and half of that for two; 2B d² for a primal side
 */
export function pushThrough(block: Block, factors: GradientFactors, A: SideInverse, G: SideInverse): Gradient {
  const [o, i] = block.shape as [number, number];
  const g = G.form === "primal" ? applyToRows(G, factors.g) : factors.g;
  const inverses = [G, A].flatMap((side) => (side.form === "dual" ? [cast(side.Kinv, g.dtype)] : []));
  const inputs = A.form === "primal" ? onFactors(A, factors) : {}; // else a itself, not even copied
  // gᵀ K_Y⁻¹ K_X⁻¹ a: as (K_X⁻¹ K_Y⁻¹ g)ᵀ a or gᵀ (K_Y⁻¹ K_X⁻¹ a), whichever has fewer columns
  if (o <= i) return factoredGradient(block, { ...factors, ...inputs, g: product(inverses.toReversed(), g) });
  const rows = { ...factors, ...inputs, g };
  const last = rows.hasBias ? product(inverses, lastOf(rows)) : undefined;
  return factoredGradient(block, { ...rows, a: product(inverses, rows.a), last });
}

/** The matrices' product times R [B, n], in the cheaper order. */
function product(matrices: readonly Tensor[], R: Tensor): Tensor {
  const [B, n] = R.shape as [number, number];
  if (matrices.length === 2 && n > B) return matmul(matmul(matrices[0] as Tensor, matrices[1] as Tensor), R);
  return matrices.reduceRight((rows, matrix) => matmul(matrix, rows), R);
}
