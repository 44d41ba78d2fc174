/**
 * LARS: a rate of its own for each weight, by its size against its gradient's, so that large batches can take large steps:
 * λ = trust ‖w‖ / (‖g‖ + d ‖w‖);  v ← β v + λ (g + d w);  w ← w − η v, with d the weight decay.
 *
 * Biases and the parameters of norms keep their plain gradient and do not decay: λ = 1, d = 0. The paper has η inside of v;
 * outside, as here, a change of the rate needs no correction of the momentum.
 */

import { elementwise, frobenius2, run } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { isWeight } from "../block-info.ts";
import { chain } from "../chain.ts";
import { Optimizer } from "../optimizer.ts";
import { commonOptions, commonParts } from "../options/common-options.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { mapParts, parameterNamed, type Transform } from "../transform.ts";
import { momentum, momentumOptions } from "../transforms/momentum.ts";

/** The options of `lars`. */
export const larsOptions = {
  ...commonOptions({ learningRate: 1 }),
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "β, decay of the velocity; 0: no velocity" }),
  nesterov: momentumOptions.nesterov,
  trust: option.number({ default: 1e-3, above: 0, help: "length of a step against the weight's, before momentum" }),
};

/** Options of `lars`. */
export type LarsOptions = OptionsOf<typeof larsOptions>;

/** λ from ‖w‖² and ‖g‖²; 1 where either side of the ratio is 0. */
const localRateOp = /* @__PURE__ */ elementwise(
  "larsLocalRate",
  (squaredWeight, squaredGradient) => {
    const weight = e.sqrt(squaredWeight);
    const pull = e.add(e.sqrt(squaredGradient), e.mul(e.parameter("decay"), weight));
    const ratio = e.div(e.mul(e.parameter("trust"), weight), pull);
    return e.select(e.greater(e.min(weight, pull), e.constant(0)), ratio, e.constant(1));
  },
  { ranges: [[0.5, 2], [0.5, 2]] }, // biome-ignore format: two ranges
);

/** λ (g + d w) */
const updateOp = /* @__PURE__ */ elementwise("larsUpdate", (rate, gradient, weight) =>
  e.mul(rate, e.add(gradient, e.mul(e.parameter("decay"), weight))),
);

function localRates(trust: number, decayOf: (parameter: string) => number): Transform {
  return {
    name: "lars",
    init: () => null,
    update(updates, state, context) {
      const scaled = mapParts(updates, (gradient, name) => {
        const weight = parameterNamed(context.parameters, name);
        if (!isWeight(name, weight.rank, context.roles)) return gradient;
        const decay = decayOf(name);
        const rate = run(localRateOp, [frobenius2(weight), frobenius2(gradient)], { trust, decay });
        return run(updateOp, [rate, gradient, weight], { decay });
      });
      return { updates: scaled, state };
    },
  };
}

/**
 * Descend with a rate for each weight that keeps its steps in proportion to its size.
 *
 * @source You, Gitman & Ginsburg (2017), "Large Batch Training of Convolutional Networks", Algorithm 1
 * @throws {UsageError} an option out of range
 */
export function lars(options: LarsOptions = {}): Optimizer {
  const chosen = checkOptions("lars", options, larsOptions);
  const { momentum: velocity, nesterov, trust } = chosen;
  const { decay: _, decayOf, ...parts } = commonParts(chosen);
  const rates = localRates(trust, decayOf);
  const steps = velocity === 0 ? [rates] : [rates, momentum({ decay: velocity, nesterov })];
  return new Optimizer({ name: "lars", ...parts, chain: chain(...steps) });
}

lars.summary = "momentum with steps in proportion to each weight's size, for large batches";
lars.options = larsOptions;
