/** Adamax: Adam in the largest norm; w ← w − η m̂/u. */

import { firstOrder } from "../build-first-order.ts";
import type { Optimizer } from "../optimizer.ts";
import { type BetaAliases, betasByOurNames } from "../options/beta-aliases.ts";
import { commonOptions, decoupledOption } from "../options/common-options.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";
import { adamaxScaling, adamaxScalingOptions } from "../transforms/adamax-scaling.ts";

/** The options of `adamax`. */
export const adamaxOptions = {
  ...commonOptions({ learningRate: 2e-3 }),
  ...adamaxScalingOptions,
  decoupled: decoupledOption,
};

/** Options of `adamax`. */
export type AdamaxOptions = OptionsOf<typeof adamaxOptions> & BetaAliases;

/**
 * Descend as Adam does, dividing by the largest recent gradient.
 *
 * @source Kingma & Ba (2015), Algorithm 2
 * @throws {UsageError} an option out of range
 */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  const chosen = checkOptions("adamax", betasByOurNames("adamax", options), adamaxOptions);
  const { momentum, decay, epsilon, decoupled } = chosen;
  return firstOrder("adamax", chosen, [adamaxScaling({ momentum, decay, epsilon })], decoupled);
}

adamax.summary = "Adam in the largest norm";
adamax.options = adamaxOptions;
