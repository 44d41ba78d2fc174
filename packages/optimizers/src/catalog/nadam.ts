/** NAdam: Adam that looks ahead along its momentum. */

import { firstOrder } from "../build-first-order.ts";
import type { Optimizer } from "../optimizer.ts";
import { type BetaAliases, betasByOurNames } from "../options/beta-aliases.ts";
import { commonOptions, decoupledOption } from "../options/common-options.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";
import { nadamScaling, nadamScalingOptions } from "../transforms/nadam-scaling.ts";

/** The options of `nadam`. */
export const nadamOptions = {
  ...commonOptions({ learningRate: 2e-3 }),
  ...nadamScalingOptions,
  decoupled: decoupledOption,
};

/** Options of `nadam`. */
export type NadamOptions = OptionsOf<typeof nadamOptions> & BetaAliases;

/**
 * Descend as Adam does, with Nesterov's look ahead.
 *
 * @source Dozat (2016), Algorithm 2
 * @throws {UsageError} an option out of range
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const chosen = checkOptions("nadam", betasByOurNames("nadam", options), nadamOptions);
  const { momentum, decay, epsilon, momentumDecay, correction, decoupled } = chosen;
  return firstOrder(
    "nadam",
    chosen,
    [nadamScaling({ momentum, decay, epsilon, momentumDecay, correction })],
    decoupled,
  );
}

nadam.summary = "Adam with Nesterov's look ahead";
nadam.options = nadamOptions;
