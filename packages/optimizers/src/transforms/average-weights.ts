/**
 * Averages of the weights: training goes on from its own weights, evaluations and saved weights use the average.
 *
 *     w̄ ← ρ w̄ + (1 − ρ) w          decay ρ: an exponential average; 0: the weights themselves
 *     w̄ ← w̄ + (w − w̄)/n            decay null: the mean of all weights from step `from` on
 *
 * Directions pass as they are. `fit` evaluates at w̄, and so do `best` and `saveBest`.
 */

import type { Parameters } from "@kronograd/autograd";
import { copy, type Tensor, weightedSum } from "@kronograd/tensor";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import type { Transform } from "../transform.ts";

/** The options of `averageWeights`. */
export const averageWeightsOptions = {
  decay: option.optional(
    option.number({ default: 0.999, min: 0, below: 1, help: "ρ of the average; null: the mean of all" }),
    0.999,
  ),
  from: option.integer({ default: 0, min: 0, help: "first step whose weights count" }),
};

/** The average of the weights before each step so far. */
export type AverageWeightsState = { readonly count: number; readonly average: Parameters | null };

/**
 * Keep an average of the weights for evaluation.
 *
 * @source Polyak & Juditsky (1992), "Acceleration of stochastic approximation by averaging"
 * @cost one pass over the weights a step, and a copy of them
 * @throws {UsageError} an option out of range
 * @example
 * chain(adamScaling(), averageWeights({ decay: 0.99 }));
 */
export function averageWeights(options: OptionsOf<typeof averageWeightsOptions> = {}): Transform<AverageWeightsState> {
  const { decay, from } = checkOptions("averageWeights", options, averageWeightsOptions);
  const joined = (average: Parameters | null, weights: Parameters, count: number): Parameters => {
    const entries = Object.entries(weights).map(([name, w]) => {
      const old = average?.[name];
      const keep = decay ?? (count - 1) / count;
      return [name, old === undefined ? copy(w) : weightedSum(old, w, keep, 1 - keep)] as const;
    });
    return Object.fromEntries<Tensor>(entries);
  };
  return {
    name: "averageWeights",
    init: () => ({ count: 0, average: null }),
    update(updates, { count, average }, { step, parameters }) {
      if (step < from) return { updates, state: { count, average } };
      return { updates, state: { count: count + 1, average: joined(average, parameters, count + 1) } };
    },
    evaluationWeights: (parameters, { count, average }) =>
      average === null ? parameters : joined(average, parameters, count + 1),
  };
}
