/**
 * KL clip: keep a preconditioned step within a trust region of the model's outputs.
 *
 * A step −ηu changes the model's distribution by about ½ η² uᵀFu, and u = F⁻¹g makes that ½ η² uᵀg. So with u the
 * updates, g the gradients and one sum over all layer blocks,
 *     ν = min(1, √(κ / (η² Σ u∘g))),   u ← ν u.
 * Blocks that are no layers are neither summed nor scaled. Where Σ u∘g is not positive there is nothing to clip: ν = 1.
 */

import { add, elementwise, run, scope, type Tensor } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { type Direction, innerProduct, scaleDirection } from "../direction.ts";
import * as option from "../options/option-kinds.ts";
import { checkOptions, described, type OptionsOf } from "../options/options.ts";
import { mapUpdates, type StepContext, type Transform, type Updates } from "../transform.ts";

const every = option.integer({ default: 1, min: 1 });
const first = option.integer({ default: 0, min: 0 });
const checks = { limit: option.number({ default: 1e-3, above: 0 }), every, first };

/** When the coefficient is computed: on each of the `first` steps, then on every `every`-th. */
export const klClipOptions = /* @__PURE__ */ described(
  { every, first },
  {
    every: "steps from one coefficient to the next",
    first: "steps at the start that each compute their own",
  },
);

const coefficientOp = /* @__PURE__ */ elementwise(
  "klClipCoefficient",
  (product) => {
    const bounded = e.min(e.constant(1), e.sqrt(e.div(e.parameter("allowed"), product)));
    return e.select(e.greater(product, e.constant(0)), bounded, e.constant(1));
  },
  { ranges: [[1, 2]] },
);

/** The coefficient in force, or null before the first. */
type State = { readonly coefficient: Tensor | null };

/**
 * Clip preconditioned updates by the change they make to the model's outputs. Everything stays on the device. Reports
 * `klClip`, the coefficient.
 *
 * @param limit    κ, > 0: typically 1e-3
 * @param options  `every` (with `refreshEvery`, the coefficient is as old as the curvature) and `first`
 * @source Ba, Grosse & Martens (2017), "Distributed second-order optimization using Kronecker-factored approximations"
 * @throws {UsageError} a limit that is not > 0
 */
export function klClip(limit: number, options: OptionsOf<typeof klClipOptions> = {}): Transform<State> {
  const { every, first } = checkOptions("klClip", { ...options, limit }, checks);
  return {
    name: `klClip(${limit})`,
    init: () => ({ coefficient: null }),
    update(updates, state, context) {
      const { step } = context;
      const due = state.coefficient === null || step < first || step % every === 0;
      const coefficient = due ? scope(() => coefficientOf(limit, updates, context)) : state.coefficient;
      if (coefficient === null) return { updates, state };
      context.report("klClip", coefficient);
      const clip = (direction: Direction) =>
        direction.block.isLayer ? scaleDirection(direction, coefficient) : direction;
      return { updates: mapUpdates(updates, clip), state: { coefficient } };
    },
  };
}

function coefficientOf(limit: number, updates: Updates, { gradients, learningRate }: StepContext): Tensor | null {
  const products = [...updates].flatMap(([name, update]) => {
    const gradient = gradients.get(name);
    return update.block.isLayer && gradient !== undefined ? [innerProduct(update, gradient)] : [];
  });
  if (products.length === 0) return null;
  return run(coefficientOp, [products.reduce(add)], { allowed: limit / (learningRate * learningRate) });
}
