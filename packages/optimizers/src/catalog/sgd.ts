/** Stochastic gradient descent: v ← βv + (1 − dampening) g; w ← w − η v, or with Nesterov w ← w − η (g + βv). */

import { UsageError } from "@kronograd/tensor";
import { firstOrder } from "../build-first-order.ts";
import type { Optimizer } from "../optimizer.ts";
import { commonOptions, decoupledOption } from "../options/common-options.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { momentum, momentumOptions } from "../transforms/momentum.ts";

/** The options of `sgd`. */
export const sgdOptions = {
  ...commonOptions({ learningRate: 0.01 }),
  momentum: option.number({ default: 0, min: 0, below: 1, help: "β, decay of the velocity; 0: no velocity" }),
  nesterov: momentumOptions.nesterov,
  dampening: momentumOptions.dampening,
  decoupled: decoupledOption,
};

/** Options of `sgd`. */
export type SgdOptions = OptionsOf<typeof sgdOptions>;

/**
 * Descend along the gradient, with or without momentum.
 *
 * @source Robbins & Monro (1951); momentum: Polyak (1964), Sutskever et al. (2013); decoupled: Loshchilov & Hutter (2019), Algorithm 1
 * @throws {UsageError} an option out of range, or nesterov without momentum or with dampening
 * @example
 * sgd({ learningRate: schedules.cosine(0.1, 2000), momentum: 0.9, nesterov: true, weightDecay: 5e-4 });
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const chosen = checkOptions("sgd", options, sgdOptions);
  const { momentum: decay, nesterov, dampening, decoupled } = chosen;
  if (nesterov && (decay === 0 || dampening > 0)) {
    throw new UsageError({
      where: "sgd",
      problem: "nesterov looks ahead along an undamped velocity",
      expected: "momentum > 0 and dampening 0",
      got: `momentum ${decay}, dampening ${dampening}`,
      details: { momentum: decay, dampening },
    });
  }
  return firstOrder("sgd", chosen, decay === 0 ? [] : [momentum({ decay, nesterov, dampening })], decoupled);
}

sgd.summary = "gradient descent with momentum, Nesterov and weight decay";
sgd.options = sgdOptions;
