/** Lion: the sign of a momentum. u = sign(β₁ m + (1−β₁) g);  m ← β₂ m + (1−β₂) g;  w ← w − η (u + d w). */

import { elementwise } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { firstOrder } from "../build-first-order.ts";
import { elementwiseTransform, runningMean, runningScalars } from "../elementwise-transform.ts";
import type { Optimizer } from "../optimizer.ts";
import { commonOptions } from "../options/common-options.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";

/** The options of `lion`. */
export const lionOptions = {
  ...commonOptions({ learningRate: 1e-4 }),
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "β₁, weight of the past in the sign" }),
  decay: option.number({ default: 0.99, min: 0, below: 1, help: "β₂, decay of the running mean of gradients" }),
};

/** Options of `lion`. */
export type LionOptions = OptionsOf<typeof lionOptions>;

const lionOp = /* @__PURE__ */ elementwise(
  "lionUpdate",
  (gradient, mean) => [runningMean("decay", mean, gradient), e.sign(runningMean("momentum", mean, gradient))],
  { parameters: { decay: 0.99, decayGain: 0.01, momentum: 0.9, momentumGain: 0.1 }, distinct: true },
);

/**
 * Descend by the same step in every coordinate, in the direction of a momentum's sign. Weight decay is decoupled.
 *
 * @source Chen et al. (2023), "Symbolic Discovery of Optimization Algorithms", Algorithm 2
 * @throws {UsageError} an option out of range
 */
export function lion(options: LionOptions = {}): Optimizer {
  const chosen = checkOptions("lion", options, lionOptions);
  const { momentum, decay } = chosen;
  const sign = elementwiseTransform({
    name: "lion",
    op: lionOp,
    tensors: { mean: 0 },
    scalars: () => ({ ...runningScalars("decay", decay), ...runningScalars("momentum", momentum) }),
  });
  return firstOrder("lion", chosen, [sign], true);
}

lion.summary = "the sign of a momentum: one step size for all, one tensor of state";
lion.options = lionOptions;
