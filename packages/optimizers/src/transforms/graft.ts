/**
 * Grafting: the direction of one method with the length of another. Each block's update is rescaled to the norm of the
 * block's gradient, u ← ‖g‖/‖u‖ · u, so that a learning rate means what it means to SGD. A zero update stays zero.
 */

import { elementwise, run } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { scaleDirection, squaredNorm } from "../direction.ts";
import type { Transform } from "../transform.ts";

const ratioOp = /* @__PURE__ */ elementwise(
  "graftRatio",
  (wanted, present) => e.select(e.greater(present, e.constant(0)), e.sqrt(e.div(wanted, present)), e.constant(0)),
  {
    ranges: [
      [0.5, 2],
      [0.5, 2],
    ],
  },
);

/**
 * Rescale each block's update to the norm of its gradient. Norms are computed on factors where there are any.
 *
 * @source Agarwal et al. (2020), "Disentangling adaptive gradient methods from learning rates"
 */
export function graft(): Transform {
  return {
    name: "graft",
    init: () => null,
    update(updates, state, { gradients }) {
      const grafted = [...updates].map(([name, update]) => {
        const gradient = gradients.get(name);
        if (gradient === undefined || gradient === update) return [name, update] as const;
        return [name, scaleDirection(update, run(ratioOp, [squaredNorm(gradient), squaredNorm(update)], {}))] as const;
      });
      return { updates: new Map(grafted), state };
    },
  };
}
