/**
 * Momentum: v ← β v + (1 − dampening) g, the first v being g itself; the direction is v, or with Nesterov g + β v.
 *
 * The learning rate is not in v, so a change of the rate needs no correction of the momentum.
 */

import { addFactors } from "@kronograd/autograd";
import { elementwise } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type ElementwiseState, elementwiseTransform } from "../elementwise-transform.ts";
import * as option from "../option-kinds.ts";
import { checkOptions, described, type OptionsOf } from "../options.ts";
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

const plainOp = /* @__PURE__ */ elementwise(
  "momentumUpdate",
  (gradient, velocity) => e.add(e.mul(e.parameter("momentum"), velocity), e.mul(e.parameter("gain"), gradient)),
  { parameters: { momentum: 0.9, gain: 0.5 } },
);

const nesterovOp = /* @__PURE__ */ elementwise(
  "nesterovUpdate",
  (gradient, velocity) => {
    const next = e.add(e.mul(e.parameter("momentum"), velocity), e.mul(e.parameter("gain"), gradient));
    return [next, e.add(gradient, e.mul(e.parameter("momentum"), next))];
  },
  { parameters: { momentum: 0.9, gain: 1 } },
);

/**
 * Let directions persist.
 *
 * @source Polyak (1964); Sutskever et al. (2013) for Nesterov's form; scaled as in Goyal et al. (2017), eq. 9
 * @throws {UsageError} an option out of range
 * @example
 * chain(precondition(kfacCurvature()), momentum({ decay: 0.9 }));
 */
export function momentum(options: OptionsOf<typeof momentumOptions> = {}): Transform<ElementwiseState> {
  const { decay, nesterov, dampening } = checkOptions("momentum", options, checks);
  return elementwiseTransform({
    name: nesterov ? `nesterov(${decay})` : `momentum(${decay})`,
    op: nesterov ? nesterovOp : plainOp,
    tensors: { velocity: 0 },
    // Nesterov's direction needs the gradient beside the velocity
    ...(nesterov
      ? {}
      : { accumulate: (v, factors, { momentum, gain }) => addFactors(v, factors, momentum as number, gain as number) }),
    scalars: (t) => ({ momentum: decay, gain: t === 1 ? 1 : 1 - dampening }),
  });
}
