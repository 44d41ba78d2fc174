/** Adam: running means of the gradient and of its square, bias-corrected; w ← w − η m̂/(√v̂ + ε). */

import { firstOrder } from "../build-first-order.ts";
import type { Optimizer } from "../optimizer.ts";
import { type BetaAliases, betasByOurNames } from "../options/beta-aliases.ts";
import { commonOptions, decoupledOption } from "../options/common-options.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";
import { adamScaling, adamScalingOptions } from "../transforms/adam-scaling.ts";

/** The options of `adam`. */
export const adamOptions = {
  ...commonOptions({ learningRate: 1e-3 }),
  ...adamScalingOptions,
  decoupled: decoupledOption,
};

/** Options of `adam`. */
export type AdamOptions = OptionsOf<typeof adamOptions> & BetaAliases;

/**
 * Descend with a step of about the same size in every coordinate.
 *
 * @source Kingma & Ba (2015), Algorithm 1; with `amsgrad` Reddi et al. (2018), Algorithm 2
 * @throws {UsageError} an option out of range
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const chosen = checkOptions("adam", betasByOurNames("adam", options), adamOptions);
  const { momentum, decay, epsilon, amsgrad, decoupled } = chosen;
  return firstOrder("adam", chosen, [adamScaling({ momentum, decay, epsilon, amsgrad })], decoupled);
}

adam.summary = "running means of gradient and square; with amsgrad their maximum";
adam.options = adamOptions;
