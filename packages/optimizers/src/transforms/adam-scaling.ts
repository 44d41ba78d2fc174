/**
 * Adam: m ← β₁ m + (1−β₁) g and v ← β₂ v + (1−β₂) g², running means of the gradient and of its square; the direction
 * is m̂ / (√v̂ + ε) with m̂ = m/(1−β₁ᵗ) and v̂ = v/(1−β₂ᵗ).
 *
 * Without the corrections the first steps would be too small, as m and v start at 0. With them the first direction is
 * g/(|g| + ε): size 1 in every coordinate, whatever the loss's scale. AMSGrad divides by the largest v so far, so that
 * no coordinate's step grows again.
 */

import { type Expression, elementwise } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type ElementwiseState, elementwiseTransform, runningMean, runningScalars } from "../elementwise-transform.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import type { Transform } from "../transform.ts";

/** The options of `adamScaling`. */
export const adamScalingOptions = {
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "β₁, decay of the running mean of gradients" }),
  decay: option.number({ default: 0.999, min: 0, below: 1, help: "β₂, decay of the running mean of squares" }),
  epsilon: option.number({ default: 1e-8, min: 0, help: "ε, added to the root" }),
  amsgrad: option.flag({ default: false, help: "divide by the largest mean of squares so far" }),
};

const samples = {
  ranges: [
    [-2, 2],
    [-2, 2],
    [0.1, 2],
    [0.1, 2],
  ] as const,
  parameters: { momentum: 0.9, momentumGain: 0.1, decay: 0.999, decayGain: 0.001, rate: 1.2, root: 1.1, epsilon: 1e-8 },
};

const direction = (mean: Expression, square: Expression): Expression =>
  e.div(e.mul(e.parameter("rate"), mean), e.add(e.mul(e.parameter("root"), e.sqrt(square)), e.parameter("epsilon")));

const adamOp = /* @__PURE__ */ elementwise(
  "adamUpdate",
  (gradient, mean, square) => {
    const m = runningMean("momentum", mean, gradient);
    const v = runningMean("decay", square, e.square(gradient));
    return [m, v, direction(m, v)];
  },
  samples,
);

const amsgradOp = /* @__PURE__ */ elementwise(
  "amsgradUpdate",
  (gradient, mean, square, largest) => {
    const m = runningMean("momentum", mean, gradient);
    const v = runningMean("decay", square, e.square(gradient));
    const top = e.max(largest, v);
    return [m, v, top, direction(m, top)];
  },
  samples,
);

/**
 * Scale every coordinate by the root of its mean square.
 *
 * @source Kingma & Ba (2015), "Adam", Algorithm 1; Reddi et al. (2018), Algorithm 2, with Adam's corrections
 * @throws {UsageError} an option out of range
 */
export function adamScaling(options: OptionsOf<typeof adamScalingOptions> = {}): Transform<ElementwiseState> {
  const { momentum, decay, epsilon, amsgrad } = checkOptions("adamScaling", options, adamScalingOptions);
  return elementwiseTransform({
    name: amsgrad ? "amsgrad" : "adam",
    op: amsgrad ? amsgradOp : adamOp,
    tensors: { mean: 0, square: 0, ...(amsgrad ? { largest: 0 } : {}) },
    scalars: (t) => ({
      ...runningScalars("momentum", momentum),
      ...runningScalars("decay", decay),
      rate: 1 / (1 - momentum ** t),
      root: 1 / Math.sqrt(1 - decay ** t),
      epsilon,
    }),
  });
}
