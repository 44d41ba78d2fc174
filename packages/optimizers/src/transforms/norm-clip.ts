/** Clip the norm of all updates together: u ← min(1, limit/‖u‖) · u, with one ‖u‖ for all blocks. */

import { elementwise, run } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { scaleDirection } from "../direction.ts";
import { checkOptions, option } from "../options/options.ts";
import { globalSquaredNorm, type Transform } from "../transform.ts";

const coefficientOp = /* @__PURE__ */ elementwise(
  "normClipCoefficient",
  (squared) => e.min(e.constant(1), e.div(e.parameter("limit"), e.sqrt(squared))),
  { ranges: [[4, 9]] },
);

/**
 * Shorten updates that are longer than a limit; their direction stays. The norm is computed on factors where a gradient
 * has them, and stays on the device. Reports `normClip`, the coefficient.
 *
 * @param limit  the longest norm, > 0
 * @source Pascanu, Mikolov & Bengio (2013), "On the difficulty of training recurrent neural networks", Algorithm 1
 * @throws {UsageError} a limit that is not > 0
 */
export function normClip(limit: number): Transform {
  checkOptions("normClip", { limit }, { limit: option.number({ default: 1, above: 0, help: "the longest norm" }) });
  return {
    name: `normClip(${limit})`,
    init: () => null,
    update(updates, state, context) {
      const coefficient = run(coefficientOp, [globalSquaredNorm(updates)], { limit });
      context.report("normClip", coefficient);
      const clipped = [...updates].map(([name, gradient]) => [name, scaleDirection(gradient, coefficient)] as const);
      return { updates: new Map(clipped), state };
    },
  };
}
