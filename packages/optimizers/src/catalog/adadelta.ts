/** AdaDelta: steps in the parameters' own units; η is 1. */

import { firstOrder } from "../build-first-order.ts";
import type { Optimizer } from "../optimizer.ts";
import { commonOptions } from "../options/common-options.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";
import { adadeltaScaling, adadeltaScalingOptions } from "../transforms/adadelta-scaling.ts";

/** The options of `adadelta`. */
export const adadeltaOptions = { ...commonOptions({ learningRate: 1 }), ...adadeltaScalingOptions };

/** Options of `adadelta`. */
export type AdadeltaOptions = OptionsOf<typeof adadeltaOptions>;

/**
 * Descend with steps as large as past steps were to past gradients.
 *
 * @source Zeiler (2012), Algorithm 1
 * @throws {UsageError} an option out of range
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const chosen = checkOptions("adadelta", options, adadeltaOptions);
  const { decay, epsilon } = chosen;
  return firstOrder("adadelta", chosen, [adadeltaScaling({ decay, epsilon })]);
}

adadelta.summary = "steps in the parameters' own units, no learning rate";
adadelta.options = adadeltaOptions;
