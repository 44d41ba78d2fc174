/**
 * NAdam: Adam with Nesterov's look ahead and a momentum that warms up, μₜ = β₁ (1 − ½ · 0.96^(tψ)).
 *
 * With m and v as in Adam and Pₜ = μ₁ ⋯ μₜ, the direction is
 *     [ (1−μₜ)/(1−Pₜ) · g + μₜ₊₁/(1−Pₜ μₜ₊₁) · m ] / (√v̂ + ε).
 * PyTorch 1 had Pₜ μₜ μₜ₊₁ in the second denominator, which its pull request 92699 mended; numbers made with it need that.
 */

import { elementwise } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type ElementwiseState, elementwiseTransform, runningMean, runningScalars } from "../elementwise-transform.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import type { Transform } from "../transform.ts";

/** The options of `nadamScaling`. */
export const nadamScalingOptions = {
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "β₁, decay of the running mean of gradients" }),
  decay: option.number({ default: 0.999, min: 0, below: 1, help: "β₂, decay of the running mean of squares" }),
  epsilon: option.number({ default: 1e-8, min: 0, help: "ε, added to the root" }),
  momentumDecay: option.number({ default: 0.004, min: 0, help: "ψ, how fast the momentum warms up" }),
  correction: option.choice({
    choices: ["dozat", "pytorch1"],
    default: "dozat",
    help: "of the mean's weight: as in the paper, or with μₜ counted twice, as in PyTorch before 2.0",
  }),
};

const op = /* @__PURE__ */ elementwise(
  "nadamUpdate",
  (gradient, mean, square) => {
    const m = runningMean("momentum", mean, gradient);
    const v = runningMean("decay", square, e.square(gradient));
    const ahead = e.add(e.mul(e.parameter("ofGradient"), gradient), e.mul(e.parameter("ofMean"), m));
    return [m, v, e.div(ahead, e.add(e.mul(e.parameter("root"), e.sqrt(v)), e.parameter("epsilon")))];
  },
  {
    ranges: [
      [-2, 2],
      [-2, 2],
      [0.1, 2],
    ],
    parameters: {
      momentum: 0.9,
      momentumGain: 0.1,
      decay: 0.999,
      decayGain: 0.001,
      ofGradient: 1,
      ofMean: 0.9,
      root: 1.1,
      epsilon: 1e-8,
    },
  },
);

/**
 * Scale as Adam does, looking ahead.
 *
 * @source Dozat (2016), "Incorporating Nesterov momentum into Adam", Algorithm 2
 * @throws {UsageError} an option out of range
 */
export function nadamScaling(options: OptionsOf<typeof nadamScalingOptions> = {}): Transform<ElementwiseState> {
  const { momentum, decay, epsilon, momentumDecay, correction } = checkOptions(
    "nadamScaling",
    options,
    nadamScalingOptions,
  );
  const momentumAt = (t: number) => momentum * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  return elementwiseTransform({
    name: "nadam",
    op,
    tensors: { mean: 0, square: 0 },
    numbers: { momentumProduct: 1 },
    scalars(t, { momentumProduct: before }) {
      const now = momentumAt(t);
      const ahead = momentumAt(t + 1);
      const momentumProduct = (before as number) * now;
      return {
        ...runningScalars("momentum", momentum),
        ...runningScalars("decay", decay),
        momentumProduct,
        ofGradient: (1 - now) / (1 - momentumProduct),
        ofMean: ahead / (1 - momentumProduct * (correction === "pytorch1" ? now : 1) * ahead),
        root: 1 / Math.sqrt(1 - decay ** t),
        epsilon,
      };
    },
  });
}
