/**
 * RMSprop: v ← αv + (1−α)g², direction g / (√v + ε); centred, v is lessened by the squared running mean of g, which
 * makes it a variance.
 */

import { elementwise } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type ElementwiseState, elementwiseTransform, runningMean, runningScalars } from "../elementwise-transform.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import type { Transform } from "../transform.ts";

/** The options of `rmspropScaling`. */
export const rmspropScalingOptions = {
  decay: option.number({ default: 0.99, min: 0, below: 1, help: "α, decay of the running means" }),
  epsilon: option.number({ default: 1e-8, min: 0, help: "ε, added to the root" }),
  centered: option.flag({ default: false, help: "divide by the deviation instead of the root mean square" }),
};

const samples = {
  ranges: [
    [-2, 2],
    [0.1, 2],
    [-0.3, 0.3],
  ] as const,
  parameters: { decay: 0.99, decayGain: 0.01, epsilon: 1e-8 },
};

const plainOp = /* @__PURE__ */ elementwise(
  "rmspropUpdate",
  (gradient, square) => {
    const v = runningMean("decay", square, e.square(gradient));
    return [v, e.div(gradient, e.add(e.sqrt(v), e.parameter("epsilon")))];
  },
  samples,
);

const centeredOp = /* @__PURE__ */ elementwise(
  "rmspropCenteredUpdate",
  (gradient, square, mean) => {
    const v = runningMean("decay", square, e.square(gradient));
    const m = runningMean("decay", mean, gradient);
    // A variance is ≥ 0; under a constant gradient rounding takes the difference below it
    const variance = e.max(e.sub(v, e.square(m)), e.constant(0));
    return [v, m, e.div(gradient, e.add(e.sqrt(variance), e.parameter("epsilon")))];
  },
  samples,
);

/**
 * Scale every coordinate by the root of its mean square, or by its deviation.
 *
 * @source Tieleman & Hinton (2012), lecture 6.5; centred: Graves (2013), "Generating sequences with recurrent neural networks", eq. 38–41
 * @throws {UsageError} an option out of range
 */
export function rmspropScaling(options: OptionsOf<typeof rmspropScalingOptions> = {}): Transform<ElementwiseState> {
  const { decay, epsilon, centered } = checkOptions("rmspropScaling", options, rmspropScalingOptions);
  return elementwiseTransform({
    name: centered ? "rmsprop(centered)" : "rmsprop",
    op: centered ? centeredOp : plainOp,
    tensors: { square: 0, ...(centered ? { mean: 0 } : {}) },
    scalars: () => ({ ...runningScalars("decay", decay), epsilon }),
  });
}
