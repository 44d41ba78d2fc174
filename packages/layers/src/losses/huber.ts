/**
 * The Huber loss: squared near 0, linear beyond δ, so that outliers pull with bounded force. With r = f − y and c = r held
 * within [−δ, δ],
 *
 *     ℓ = w Σ c (r − c/2)      ∇ℓ = w c      H = w diag(|r| ≤ δ)      w = 1/M for a mean, 1 for a sum
 */

import type { Loss } from "@kronograd/autograd";
import { abs, cast, clamp, lessEqual, mul, type Shape, scale, sizeOf, sub, sum, UsageError } from "@kronograd/tensor";
import { checkReduction, checkTargets, type LossReduction, scaleOf } from "../parts/loss-checks.ts";

/** Options of the Huber loss. */
export interface HuberOptions {
  /** Where the square ends and the line begins; default 1. */
  readonly delta?: number;
  /** "mean" over all elements (default), or the "sum" of everything. */
  readonly reduction?: LossReduction;
}

/**
 * Measure the Huber loss between outputs and targets of the same shape [N, …].
 *
 * @throws {UsageError} delta is not above 0; in use: label sources other than "empirical", as no distribution belongs to it
 * @source Huber (1964), "Robust estimation of a location parameter"
 */
export function huber({ delta = 1, reduction = "mean" }: HuberOptions = {}): Loss {
  const name = "huber";
  checkReduction(name, reduction);
  if (!(delta > 0)) throw new UsageError({ where: name, problem: "delta must be above 0", got: delta });
  const weightOf = ([, ...rest]: Shape) => (reduction === "mean" ? 1 / sizeOf(rest) : 1);
  return {
    name,
    reduction,
    lossScale: (outputs) => scaleOf(reduction, outputs),
    value(outputs, targets) {
      checkTargets(name, outputs, targets);
      const r = sub(outputs, targets);
      const held = clamp(r, -delta, delta);
      const total = sum(mul(held, sub(r, scale(held, 0.5))));
      return scale(total, weightOf(outputs.shape) / scaleOf(reduction, outputs));
    },
    hessianProduct(outputs, targets, vector) {
      const inside = cast(lessEqual(abs(sub(outputs, targets)), delta), outputs.dtype);
      return scale(mul(inside, vector), weightOf(outputs.shape) / scaleOf(reduction, outputs));
    },
    labelColumns(source) {
      throw new UsageError({
        where: name,
        problem: `there is no distribution to take labels "${source}" from`,
        help: 'Use labels: "empirical", or meanSquaredError.',
      });
    },
  };
}
