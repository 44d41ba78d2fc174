/**
 * Levenberg–Marquardt: damping that follows how well the quadratic model foretells the loss.
 *
 *     ρ = (h(θ + δ) − h(θ)) / (gᵀδ + ½ δᵀBδ)        δ the step about to be taken, B the Gauss–Newton matrix, undamped
 *     ρ > ¾: λ ← ω λ,   ρ < ¼: λ ← λ / ω,   ω = (19/20)^T every T steps
 *
 * The rule stands around a whole chain, because δ is known only at its end. A step from which the model itself expects no
 * decrease counts as ρ < ¼; a zero step says nothing.
 */

import type { Parameters } from "@kronograd/autograd";
import { scope } from "@kronograd/tensor";
import { joinNeeds } from "../chain.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { dot, gradientVector, oracleOf, vectorOf } from "../quadratic-model.ts";
import type { StateTree } from "../state/state.ts";
import type { StepContext, Transform, Updates } from "../transform.ts";

/** The options of `adaptiveDamping`. */
export const adaptiveDampingOptions = {
  from: option.number({ default: 0.03, above: 0, help: "λ of the first step" }),
  every: option.integer({ default: 5, min: 1, help: "T, steps from one look at the reduction ratio to the next" }),
  least: option.number({ default: 1e-10, above: 0, help: "λ never falls below it" }),
};

/** λ of the next step, and the state of the chain within. */
export type AdaptiveDampingState = { readonly damping: number; readonly inner: StateTree };

const rate = 19 / 20;

/**
 * Adapt the damping of the curvature method in a chain; its own `damping` no longer counts. Reports `reductionRatio`, ρ, on
 * the steps that measure it.
 *
 * @param inner  the whole chain
 * @source Martens & Grosse (2015), §6.5, of which the model here is undamped, so that ρ is 1 for a quadratic loss
 * @cost every T steps two losses and a Gauss–Newton product
 * @throws {UsageError} an option out of range; on update, a step without the oracles that `needs` names
 * @example
 * adaptiveDamping(chain(precondition(kfacCurvature()), momentum()), { from: 1 });
 */
export function adaptiveDamping(
  inner: Transform,
  options: OptionsOf<typeof adaptiveDampingOptions> = {},
): Transform<AdaptiveDampingState> {
  const { from, every, least } = checkOptions("adaptiveDamping", options, adaptiveDampingOptions);
  const isDue = (step: number) => (step + 1) % every === 0;
  return {
    name: `adaptiveDamping(${inner.name})`,
    numbers: true,
    needs: (step) => joinNeeds(inner.needs?.(step) ?? {}, isDue(step) ? { oracles: ["linearized", "trial"] } : {}),
    init: () => ({ damping: from, inner: null }),
    update(updates, state, context) {
      const { damping } = state;
      const own: StepContext = { ...context, damping };
      const result = inner.update(updates, state.inner ?? inner.init(updates, own), own);
      const ratio = isDue(context.step) ? scope(() => reductionRatio(result.updates, context)) : null;
      if (ratio === null) return { updates: result.updates, state: { damping, inner: result.state } };
      context.report("reductionRatio", ratio);
      const factor = ratio > 3 / 4 ? rate ** every : ratio < 1 / 4 ? rate ** -every : 1;
      return { updates: result.updates, state: { damping: Math.max(least, damping * factor), inner: result.state } };
    },
    links: [inner],
    inspect: ({ inner: state }) => inner.inspect?.(state) ?? {},
  };
}

/** ρ of a step; −∞ where the model expects no decrease or the loss is no number there, null for a zero step. */
function reductionRatio(updates: Updates, context: StepContext): number | null {
  const trial = oracleOf("adaptiveDamping", context, "trial");
  const direction = vectorOf(updates, context);
  const size = context.learningRate;
  const slope = size * dot(gradientVector(context), direction);
  const [product] = oracleOf("adaptiveDamping", context, "linearized")().ggnvp([direction]);
  const curvature = size ** 2 * dot(direction, product as Parameters);
  const expected = curvature / 2 - slope;
  if (slope === 0 && curvature === 0) return null;
  const change = trial(direction, size).itemSync() - trial(direction, 0).itemSync();
  const ratio = change / expected;
  return expected < 0 && !Number.isNaN(ratio) ? ratio : Number.NEGATIVE_INFINITY;
}
