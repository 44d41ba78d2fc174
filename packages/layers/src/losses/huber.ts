/**
 * The Huber loss: squared near 0, linear beyond δ, so that outliers pull with bounded force. With r = f − y and c = r held
 * within [−δ, δ],
 *
 *     ℓ = w Σ c (r − c/2)      ∇ℓ = w c      H = w diag(|r| ≤ δ)      w = 1/M for a mean, 1 for a sum
 */

import type { Loss } from "@kronograd/autograd";
import { abs, cast, clamp, lessEqual, mul, scale, sub, UsageError } from "@kronograd/tensor";
import { elementLoss } from "../parts/element-loss.ts";
import type { LossReduction } from "../parts/loss-checks.ts";

/** Options of the Huber loss. */
export interface HuberOptions {
  /** Where the square ends and the line begins; default 1. */
  readonly delta?: number;
  /** "mean" over all elements (default), or the "sum" of everything. */
  readonly reduction?: LossReduction;
}

/**
 * Measure the Huber loss between outputs and targets of the same shape [N, …]; weights as for `meanSquaredError`.
 *
 * @throws {UsageError} delta is not above 0; in use: label sources other than "empirical", as no distribution belongs to it
 * @source Huber (1964), "Robust estimation of a location parameter"
 */
export function huber({ delta = 1, reduction = "mean" }: HuberOptions = {}): Loss {
  const name = "huber";
  if (!(delta > 0)) throw new UsageError({ where: name, problem: "delta must be above 0", got: delta });
  const checkSource = (source: string): never => {
    throw new UsageError({
      where: name,
      problem: `there is no distribution to take labels "${source}" from`,
      help: 'Use labels: "empirical", or meanSquaredError.',
    });
  };
  return elementLoss({
    name,
    reduction,
    config: { delta, reduction },
    losses(outputs, targets) {
      const r = sub(outputs, targets);
      const held = clamp(r, -delta, delta);
      return mul(held, sub(r, scale(held, 0.5)));
    },
    curvature: (outputs, targets) => cast(lessEqual(abs(sub(outputs, targets)), delta), outputs.dtype),
    sampled: () => checkSource("sampled"),
    checkSource,
    predict: (outputs) => outputs,
  });
}
