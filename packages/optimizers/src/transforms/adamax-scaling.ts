/**
 * Adamax: Adam with the largest recent |g| in place of the root mean square: u ← max(β₂ u, |g| + ε), direction
 * m̂ / u with m̂ = m/(1−β₁ᵗ). No correction of u is needed: it starts at |g|.
 */

import { elementwise } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type ElementwiseState, elementwiseTransform, runningMean, runningScalars } from "../elementwise-transform.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import type { Transform } from "../transform.ts";

/** The options of `adamaxScaling`. */
export const adamaxScalingOptions = {
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "β₁, decay of the running mean of gradients" }),
  decay: option.number({ default: 0.999, min: 0, below: 1, help: "β₂, decay of the largest size" }),
  epsilon: option.number({ default: 1e-8, min: 0, help: "ε, added to |g|" }),
};

const op = /* @__PURE__ */ elementwise(
  "adamaxUpdate",
  (gradient, mean, largest) => {
    const m = runningMean("momentum", mean, gradient);
    const u = e.max(e.mul(e.parameter("decay"), largest), e.add(e.abs(gradient), e.parameter("epsilon")));
    return [m, u, e.div(e.mul(e.parameter("rate"), m), u)];
  },
  {
    ranges: [
      [-2, 2],
      [-2, 2],
      [0.1, 2],
    ],
    parameters: { momentum: 0.9, momentumGain: 0.1, decay: 0.999, rate: 1.2, epsilon: 1e-8 },
  },
);

/**
 * Scale every coordinate by its largest recent gradient.
 *
 * @source Kingma & Ba (2015), "Adam", Algorithm 2, with an ε
 * @throws {UsageError} an option out of range
 */
export function adamaxScaling(options: OptionsOf<typeof adamaxScalingOptions> = {}): Transform<ElementwiseState> {
  const { momentum, decay, epsilon } = checkOptions("adamaxScaling", options, adamaxScalingOptions);
  return elementwiseTransform({
    name: "adamax",
    op,
    tensors: { mean: 0, largest: 0 },
    scalars: (t) => ({ ...runningScalars("momentum", momentum), decay, rate: 1 / (1 - momentum ** t), epsilon }),
  });
}
