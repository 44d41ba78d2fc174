/** RAdam: Adam that starts as momentum and trusts its mean of squares as it grows. */

import { firstOrder } from "../build-first-order.ts";
import type { Optimizer } from "../optimizer.ts";
import { type BetaAliases, betasByOurNames } from "../options/beta-aliases.ts";
import { commonOptions, decoupledOption } from "../options/common-options.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";
import { radamScaling, radamScalingOptions } from "../transforms/radam-scaling.ts";

/** The options of `radam`. */
export const radamOptions = {
  ...commonOptions({ learningRate: 1e-3 }),
  ...radamScalingOptions,
  decoupled: decoupledOption,
};

/** Options of `radam`. */
export type RadamOptions = OptionsOf<typeof radamOptions> & BetaAliases;

/**
 * Descend as Adam does, with a warm-up that follows from the averages.
 *
 * @source Liu et al. (2020), Algorithm 2
 * @throws {UsageError} an option out of range
 */
export function radam(options: RadamOptions = {}): Optimizer {
  const chosen = checkOptions("radam", betasByOurNames("radam", options), radamOptions);
  const { momentum, decay, epsilon, decoupled } = chosen;
  return firstOrder("radam", chosen, [radamScaling({ momentum, decay, epsilon })], decoupled);
}

radam.summary = "Adam with a rectified start";
radam.options = radamOptions;
