/** RMSprop: v ← αv + (1−α)g²; w ← w − η g/(√v + ε), with or without momentum after the scaling. */

import { firstOrder } from "../build-first-order.ts";
import type { Optimizer } from "../optimizer.ts";
import { commonOptions } from "../options/common-options.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { momentum } from "../transforms/momentum.ts";
import { rmspropScaling, rmspropScalingOptions } from "../transforms/rmsprop-scaling.ts";

/** The options of `rmsprop`. */
export const rmspropOptions = {
  ...commonOptions({ learningRate: 0.01 }),
  ...rmspropScalingOptions,
  momentum: option.number({ default: 0, min: 0, below: 1, help: "β, decay of the velocity; 0: no velocity" }),
};

/** Options of `rmsprop`. */
export type RmspropOptions = OptionsOf<typeof rmspropOptions>;

/**
 * Descend with every coordinate divided by its root mean square.
 *
 * @source Tieleman & Hinton (2012), lecture 6.5
 * @throws {UsageError} an option out of range
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const chosen = checkOptions("rmsprop", options, rmspropOptions);
  const { decay, epsilon, centered, momentum: velocity } = chosen;
  return firstOrder("rmsprop", chosen, [
    rmspropScaling({ decay, epsilon, centered }),
    ...(velocity === 0 ? [] : [momentum({ decay: velocity })]),
  ]);
}

rmsprop.summary = "divides by the root mean square, centred if asked";
rmsprop.options = rmspropOptions;
