/** AdamW: Adam with the weights' decay beside the scaling; w ← w − η (m̂/(√v̂ + ε) + weightDecay · w). */

import { firstOrder } from "../build-first-order.ts";
import type { Optimizer } from "../optimizer.ts";
import { type BetaAliases, betasByOurNames } from "../options/beta-aliases.ts";
import { commonOptions } from "../options/common-options.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";
import { adamScaling, adamScalingOptions } from "../transforms/adam-scaling.ts";

/** The options of `adamW`. */
export const adamWOptions = { ...commonOptions({ learningRate: 1e-3, weightDecay: 0.01 }), ...adamScalingOptions };

/** Options of `adamW`. */
export type AdamWOptions = OptionsOf<typeof adamWOptions> & BetaAliases;

/**
 * Descend as Adam does, with decoupled weight decay.
 *
 * @source Loshchilov & Hutter (2019), Algorithm 2
 * @throws {UsageError} an option out of range
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const chosen = checkOptions("adamW", betasByOurNames("adamW", options), adamWOptions);
  const { momentum, decay, epsilon, amsgrad } = chosen;
  return firstOrder("adamW", chosen, [adamScaling({ momentum, decay, epsilon, amsgrad })], true);
}

adamW.summary = "Adam with decoupled weight decay";
adamW.options = adamWOptions;
