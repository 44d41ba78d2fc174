/**
 * LAMB: Adam's direction, with decay, in the length of the weight: r = m̂/(√v̂ + ε) + d w;  w ← w − η ‖w‖/‖r‖ r.
 *
 * Biases and the parameters of norms take Adam's step and do not decay. d is the weight decay.
 */

import { elementwise, frobenius2, mul, run, weightedSum } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { isWeight } from "../block-info.ts";
import { chain } from "../chain.ts";
import { Optimizer } from "../optimizer.ts";
import { type BetaAliases, betasByOurNames } from "../options/beta-aliases.ts";
import { commonOptions, commonParts } from "../options/common-options.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { mapParts, parameterNamed, type Transform } from "../transform.ts";
import { adamScaling, adamScalingOptions } from "../transforms/adam-scaling.ts";

/** The options of `lamb`. */
export const lambOptions = {
  ...commonOptions({ learningRate: 1e-3 }),
  momentum: adamScalingOptions.momentum,
  decay: adamScalingOptions.decay,
  epsilon: option.number({ default: 1e-6, min: 0, help: "ε, added to the root" }),
};

/** Options of `lamb`. */
export type LambOptions = OptionsOf<typeof lambOptions> & BetaAliases;

/** √(‖w‖²/‖r‖²); 1 where either is 0. */
const trustOp = /* @__PURE__ */ elementwise(
  "lambTrust",
  (weight, direction) =>
    e.select(e.greater(e.min(weight, direction), e.constant(0)), e.sqrt(e.div(weight, direction)), e.constant(1)),
  { ranges: [[0.5, 2], [0.5, 2]] }, // biome-ignore format: two ranges
);

function inWeightsLength(decayOf: (parameter: string) => number): Transform {
  return {
    name: "lamb",
    init: () => null,
    update(updates, state, context) {
      const scaled = mapParts(updates, (part, name) => {
        const weight = parameterNamed(context.parameters, name);
        if (!isWeight(name, weight.rank, context.roles)) return part;
        const decay = decayOf(name);
        const direction = decay === 0 ? part : weightedSum(part, weight, 1, decay);
        return mul(direction, run(trustOp, [frobenius2(weight), frobenius2(direction)], {}));
      });
      return { updates: scaled, state };
    },
  };
}

/**
 * Descend along Adam's direction, each weight by a step in proportion to its own size.
 *
 * @source You et al. (2020), "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", Algorithm 2, φ(z) = z
 * @throws {UsageError} an option out of range
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const chosen = checkOptions("lamb", betasByOurNames("lamb", options), lambOptions);
  const { momentum, decay, epsilon } = chosen;
  const { decay: _, decayOf, ...parts } = commonParts(chosen);
  const lengths = inWeightsLength(decayOf);
  return new Optimizer({ name: "lamb", ...parts, chain: chain(adamScaling({ momentum, decay, epsilon }), lengths) });
}

lamb.summary = "Adam with steps in proportion to each weight's size, for large batches";
lamb.options = lambOptions;
