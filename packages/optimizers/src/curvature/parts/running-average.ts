/**
 * Running averages of statistics: m ← ρ m + (1 − ρ) x, where ρ may depend on how many values there were.
 *
 * Started at zero, such an average is too small at first. It starts here at the first value, or with weights that undo the
 * bias exactly, or as the plain mean until that would weigh old values more than ρ does.
 */

import { type Tensor, weightedSum } from "@kronograd/tensor";

/** How a running average begins: its first value; the bias from zero undone; the plain mean of the first 1/(1−ρ) values. */
export type AverageStart = "first" | "unbiased" | "martens";

export const averageStarts: readonly AverageStart[] = ["first", "unbiased", "martens"];

/**
 * The ρ of the k-th value, k from 1. It is 0 for k = 1.
 *
 * "unbiased": a zero-started average m_k over 1 − ρᵏ equals ρ_k m̂_{k−1} + (1 − ρ_k) x_k with ρ_k = ρ (1 − ρᵏ⁻¹) / (1 − ρᵏ).
 *
 * @source "martens": Martens & Grosse (2015), §5: min(1 − 1/k, ρ)
 */
export function decayAt(start: AverageStart, decay: number, k: number): number {
  if (k === 1) return 0;
  if (start === "unbiased") return (decay * (1 - decay ** (k - 1))) / (1 - decay ** k);
  return start === "martens" ? Math.min(1 - 1 / k, decay) : decay;
}

/** Move a running average on; the first value, or one with decay 0, becomes the average itself. */
export function blend(mean: Tensor | null, value: Tensor, decay: number): Tensor {
  if (mean === null || decay === 0) return value;
  return weightedSum(mean, value, decay, 1 - decay);
}
