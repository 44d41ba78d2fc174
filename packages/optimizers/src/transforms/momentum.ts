/**
 * Momentum: v ← β v + (1 − dampening) g, the first v being g itself; the direction is v, or with Nesterov g + β v, which is
 * v + β (v − the v before): neither needs g beside v.
 *
 * The learning rate is not in v, so a change of the rate needs no correction of the momentum.
 */

import { UsageError, weightedSumOp } from "@kronograd/tensor";
import { addFactors } from "../direction.ts";
import { type ElementwiseState, elementwiseTransform } from "../elementwise-transform.ts";
import * as option from "../options/option-kinds.ts";
import { checkOptions, described, type OptionsOf } from "../options/options.ts";
import type { Transform } from "../transform.ts";

const checks = {
  decay: option.number({ default: 0.9, min: 0, below: 1 }),
  nesterov: option.flag({ default: false }),
  dampening: option.number({ default: 0, min: 0, max: 1 }),
};

/** The options of `momentum`. */
export const momentumOptions = /* @__PURE__ */ described(checks, {
  decay: "β, decay of the velocity",
  nesterov: "look ahead: direction g + β v",
  dampening: "how much of a new gradient is left out",
});

/**
 * Let directions persist.
 *
 * @source Polyak (1964); Sutskever et al. (2013) for Nesterov's form; scaled as in Goyal et al. (2017), eq. 9
 * @throws {UsageError} an option out of range, or nesterov with dampening
 * @example
 * chain(precondition(kfacCurvature()), momentum({ decay: 0.9 }));
 */
export function momentum(options: OptionsOf<typeof momentumOptions> = {}): Transform<ElementwiseState> {
  const { decay, nesterov, dampening } = checkOptions("momentum", options, checks);
  if (nesterov && dampening > 0) {
    throw new UsageError({ where: "momentum", problem: "nesterov takes no dampening", got: dampening });
  }
  return elementwiseTransform({
    name: `${nesterov ? "nesterov" : "momentum"}(${decay})`,
    op: weightedSumOp,
    tensors: { velocity: 0 },
    accumulate: (v, factors, { a, b }) => addFactors(v, factors, b as number, a as number),
    ahead: nesterov ? decay : 0,
    scalars: (t) => ({ a: t === 1 ? 1 : 1 - dampening, b: decay }),
  });
}
