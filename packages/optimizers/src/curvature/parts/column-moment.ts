/**
 * Second moments kept as columns: M = X Xᵀ with few columns, averaged over batches without ever forming M.
 *
 * ρ X Xᵀ + (1 − ρ) Z Zᵀ is the moment of the columns [√ρ X, √(1−ρ) Z], so a running average only puts columns side by side.
 * Past a cap they are truncated: with the Gram matrix XᵀX = V W Vᵀ, the columns X V are orthogonal with squared lengths W,
 * and keeping the longest is the best approximation of that rank. What is lost is the discarded eigenvalue mass.
 *
 * Columns are stored as the rows of Xᵀ [columns, d], contiguous.
 * Source: Le Roux, Manzagol & Bengio (2007), "Topmoumoute online natural gradient algorithm", §3.2
 */

import { gram, symmetricEigen, syrk } from "@kronograd/linalg";
import { cast, concat, matmul, maximum, mul, reshape, scale, slice, sqrt, type Tensor } from "@kronograd/tensor";

/**
 * The columns of ρ X Xᵀ + (1 − ρ) Z Zᵀ, at most `rank` of them.
 *
 * @param old    Xᵀ [r, d], or null
 * @param now    Zᵀ [c, d]
 * @param decay  ρ; 0 forgets the old ones
 * @returns      [≤ rank, d]; exact while r + c ≤ rank
 * @cost         nothing until the cap; then that of truncateColumns
 */
export function averageColumns(old: Tensor | null, now: Tensor, decay: number, rank: number): Tensor {
  const joined =
    old === null || decay === 0 ? now : concat([scale(old, Math.sqrt(decay)), scale(now, Math.sqrt(1 - decay))], 0);
  return (joined.shape[0] as number) <= rank ? joined : truncateColumns(joined, rank);
}

/**
 * The best columns of that number: those of the `rank` largest eigenvalues of X Xᵀ, through the smaller of XᵀX and X Xᵀ,
 * in float64.
 *
 * @param Xt   Xᵀ [m, d]
 * @returns    [min(rank, m, d), d]
 * @cost       m d min(m, d) + 9 min(m, d)³ flops in float64, 2 rank m d in X's own precision
 */
export function truncateColumns(Xt: Tensor, rank: number): Tensor {
  const [m, d] = Xt.shape as [number, number];
  const size = Math.min(m, d);
  const kept = Math.min(rank, size);
  const wide = Xt.device.backend.dtypes?.has("float64") === false ? Xt : cast(Xt, "float64"); // else all of X would travel
  const { values, vectors: top } = symmetricEigen(m <= d ? syrk(wide) : gram(wide), kept);
  if (m <= d) return matmul(cast(top, Xt.dtype), Xt); // (X V)ᵀ
  const lengths = sqrt(maximum(slice(values, [[size - kept, size]]), 0)); // rounding may leave −ε of a zero
  return cast(mul(top, reshape(lengths, [kept, 1])), Xt.dtype);
}
