/**
 * AdaDelta: a direction in the parameters' own units. E ← ρE + (1−ρ)g², d = √(D+ε)/√(E+ε) · g, D ← ρD + (1−ρ)d².
 *
 * For g² ≫ ε the direction does not change with the scale of the loss; the first has size √(ε/(1−ρ)).
 */

import { elementwise } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type ElementwiseState, elementwiseTransform, runningMean, runningScalars } from "../elementwise-transform.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import type { Transform } from "../transform.ts";

/** The options of `adadeltaScaling`. */
export const adadeltaScalingOptions = {
  decay: option.number({ default: 0.95, min: 0, below: 1, help: "ρ, decay of both running means of squares" }),
  epsilon: option.number({ default: 1e-6, above: 0, help: "ε, under both roots; it starts the motion" }),
};

const op = /* @__PURE__ */ elementwise(
  "adadeltaUpdate",
  (gradient, square, moved) => {
    const epsilon = e.parameter("epsilon");
    const s = runningMean("decay", square, e.square(gradient));
    const d = e.mul(e.div(e.sqrt(e.add(moved, epsilon)), e.sqrt(e.add(s, epsilon))), gradient);
    return [s, runningMean("decay", moved, e.square(d)), d];
  },
  {
    ranges: [
      [-2, 2],
      [0.1, 2],
      [0.1, 2],
    ],
    parameters: { decay: 0.95, decayGain: 0.05, epsilon: 1e-6 },
  },
);

/**
 * Scale every coordinate by the ratio of its past changes to its past gradients.
 *
 * @source Zeiler (2012), "ADADELTA: an adaptive learning rate method", Algorithm 1
 * @throws {UsageError} an option out of range
 */
export function adadeltaScaling(options: OptionsOf<typeof adadeltaScalingOptions> = {}): Transform<ElementwiseState> {
  const { decay, epsilon } = checkOptions("adadeltaScaling", options, adadeltaScalingOptions);
  return elementwiseTransform({
    name: "adadelta",
    op,
    tensors: { square: 0, moved: 0 },
    scalars: () => ({ ...runningScalars("decay", decay), epsilon }),
  });
}
