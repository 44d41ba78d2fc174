/** AdaGrad: s ← s + g²; w ← w − η g/(√s + ε). */

import { firstOrder } from "../build-first-order.ts";
import type { Optimizer } from "../optimizer.ts";
import { commonOptions } from "../options/common-options.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";
import { adagradScaling, adagradScalingOptions } from "../transforms/adagrad-scaling.ts";

/** The options of `adagrad`. */
export const adagradOptions = { ...commonOptions({ learningRate: 0.01 }), ...adagradScalingOptions };

/** Options of `adagrad`. */
export type AdagradOptions = OptionsOf<typeof adagradOptions>;

/**
 * Descend with steps that shrink where gradients have been large.
 *
 * @source Duchi, Hazan & Singer (2011)
 * @throws {UsageError} an option out of range
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const chosen = checkOptions("adagrad", options, adagradOptions);
  const { rateDecay, initial, epsilon } = chosen;
  return firstOrder("adagrad", chosen, [adagradScaling({ rateDecay, initial, epsilon })]);
}

adagrad.summary = "divides by the root of the sum of squares";
adagrad.options = adagradOptions;
