/**
 * AdaGrad: s ← s + g², direction g / (√s + ε), divided by 1 + (t−1)·rateDecay. Under a constant gradient the t-th
 * direction has size 1/√t in every coordinate.
 */

import { elementwise } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type ElementwiseState, elementwiseTransform } from "../elementwise-transform.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import type { Transform } from "../transform.ts";

/** The options of `adagradScaling`. */
export const adagradScalingOptions = {
  rateDecay: option.number({ default: 0, min: 0, help: "step t is divided by 1 + (t−1)·rateDecay" }),
  initial: option.number({ default: 0, min: 0, help: "first value of the sum of squares" }),
  epsilon: option.number({ default: 1e-10, min: 0, help: "ε, added to the root" }),
};

const op = /* @__PURE__ */ elementwise(
  "adagradUpdate",
  (gradient, sum) => {
    const s = e.add(sum, e.square(gradient));
    return [s, e.div(e.mul(e.parameter("rate"), gradient), e.add(e.sqrt(s), e.parameter("epsilon")))];
  },
  {
    ranges: [
      [-2, 2],
      [0.1, 2],
    ],
    parameters: { rate: 0.9, epsilon: 1e-10 },
  },
);

/**
 * Scale every coordinate by the root of the sum of its squares.
 *
 * @source Duchi, Hazan & Singer (2011), "Adaptive subgradient methods", diagonal form
 * @throws {UsageError} an option out of range
 */
export function adagradScaling(options: OptionsOf<typeof adagradScalingOptions> = {}): Transform<ElementwiseState> {
  const { rateDecay, initial, epsilon } = checkOptions("adagradScaling", options, adagradScalingOptions);
  return elementwiseTransform({
    name: "adagrad",
    op,
    tensors: { sum: initial },
    scalars: (t) => ({ rate: 1 / (1 + (t - 1) * rateDecay), epsilon }),
  });
}
