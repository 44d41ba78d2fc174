/** Eva: descend along the gradient preconditioned by each layer's mean input and mean output gradient. */

import { curvatureOptions, secondOrder } from "../build-second-order.ts";
import { evaCurvature, evaCurvatureOptions } from "../curvature/eva.ts";
import type { Optimizer } from "../optimizer.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";

/** The options of `eva`. */
export const evaOptions = {
  ...curvatureOptions({ statisticsEvery: 1, refreshEvery: 1 }),
  ...evaCurvatureOptions,
};

/** Options of `eva`. */
export type EvaOptions = OptionsOf<typeof evaOptions>;

/**
 * Descend along the gradient preconditioned by Eva. Its damping must be above 0.
 *
 * @source Zhang, Shi & Li (2023); the clip: Ba, Grosse & Martens (2017)
 * @throws {UsageError} an option out of range
 */
export function eva(options: EvaOptions = {}): Optimizer {
  const chosen = checkOptions("eva", options, evaOptions);
  const { bias, start, decay } = chosen;
  return secondOrder("eva", chosen, evaCurvature({ bias, start, decay }));
}

eva.summary = "curvature of each layer along its mean input and mean output gradient";
eva.options = evaOptions;
