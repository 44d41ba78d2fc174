/**
 * RAdam: Adam that waits until its mean of squares can be trusted.
 *
 * The variance of 1/√v̂ depends on the length of the average, ρₜ = ρ∞ − 2tβ₂ᵗ/(1−β₂ᵗ) with ρ∞ = 2/(1−β₂) − 1, and is
 * infinite up to ρₜ = 4. Beyond ρₜ = 5 the direction is r · m̂ √(1−β₂ᵗ)/(√v + ε) with
 *     r² = (ρₜ−4)(ρₜ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρₜ),
 * before that it is m̂ alone: a warm-up that needs no setting. Both are rate · m / (root · √v + guard).
 */

import { elementwise } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type ElementwiseState, elementwiseTransform, runningMean, runningScalars } from "../elementwise-transform.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import type { Transform } from "../transform.ts";

/** The options of `radamScaling`. */
export const radamScalingOptions = {
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "β₁, decay of the running mean of gradients" }),
  decay: option.number({ default: 0.999, min: 0, below: 1, help: "β₂, decay of the running mean of squares" }),
  epsilon: option.number({ default: 1e-8, min: 0, help: "ε, added to the root" }),
};

const op = /* @__PURE__ */ elementwise(
  "radamUpdate",
  (gradient, mean, square) => {
    const m = runningMean("momentum", mean, gradient);
    const v = runningMean("decay", square, e.square(gradient));
    const guarded = e.add(e.mul(e.parameter("root"), e.sqrt(v)), e.parameter("guard"));
    return [m, v, e.div(e.mul(e.parameter("rate"), m), guarded)];
  },
  {
    ranges: [
      [-2, 2],
      [-2, 2],
      [0.1, 2],
    ],
    parameters: { momentum: 0.9, momentumGain: 0.1, decay: 0.999, decayGain: 0.001, rate: 1.2, root: 1, guard: 1e-8 },
  },
);

/**
 * Scale as Adam does, rectified by how far the mean of squares can be trusted.
 *
 * @source Liu et al. (2020), "On the variance of the adaptive learning rate and beyond", Algorithm 2 (threshold 5)
 * @throws {UsageError} an option out of range
 */
export function radamScaling(options: OptionsOf<typeof radamScalingOptions> = {}): Transform<ElementwiseState> {
  const { momentum, decay, epsilon } = checkOptions("radamScaling", options, radamScalingOptions);
  return elementwiseTransform({
    name: "radam",
    op,
    tensors: { mean: 0, square: 0 },
    scalars: (t) => ({
      ...runningScalars("momentum", momentum),
      ...runningScalars("decay", decay),
      ...rectified(t, momentum, decay, epsilon),
    }),
  });
}

function rectified(t: number, momentum: number, decay: number, epsilon: number) {
  const correction = 1 / (1 - momentum ** t);
  const remaining = 1 - decay ** t;
  const longest = 2 / (1 - decay) - 1;
  const length = longest - (2 * t * decay ** t) / remaining;
  if (length <= 5) return { rate: correction, root: 0, guard: 1 };
  const squared = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
  return { rate: correction * Math.sqrt(squared * remaining), root: 1, guard: epsilon };
}
