/**
 * The calls of a curvature method's life, one by one, as the driver makes them for one record. For taking a method apart, in
 * tests and lessons; training goes through `precondition`.
 *
 *     let state = method.init(blockInfo(block), context);
 *     state = learnByHand(method, state, record, context);
 *     state = refreshByHand(method, state, context);
 *     const direction = directionByHand(method, state, gradient, context);
 */

import { type Gradient, type LayerRecord, partsGradient } from "@kronograd/autograd";
import { Rng, type Tensor, UsageError } from "@kronograd/tensor";
import type { CurvatureContext, CurvatureMethod, Statistic } from "../curvature-method.ts";
import type { StateTree } from "../state/state.ts";

// biome-ignore lint/suspicious/noExplicitAny: a statistic's type is the method's own affair
type Method<S extends StateTree> = CurvatureMethod<S, any, any>;

/** A context without oracles, other gradients or reports. */
export function contextByHand(damping: number, step = 0, rng = new Rng(0)): CurvatureContext {
  return { step, damping, rng, oracles: {}, gradients: new Map(), parameters: {}, sameRows: false, report: () => {} };
}

/** Observe one record as the whole batch and join it. */
export function learnByHand<S extends StateTree>(
  method: Method<S>,
  state: S,
  record: LayerRecord,
  context: CurvatureContext,
  gradient?: Gradient,
): S {
  return join(method.name, method.statistics, state, record, context, gradient);
}

/** The slow part, if the method has one. */
export function refreshByHand<S extends StateTree>(method: Method<S>, state: S, context: CurvatureContext): S {
  return method.refresh?.(state, context) ?? state;
}

/** Observe one record for the refinement and join it, if the method has one. */
export function refineByHand<S extends StateTree>(
  method: Method<S>,
  state: S,
  record: LayerRecord,
  context: CurvatureContext,
  gradient?: Gradient,
): S {
  return method.refinement === undefined
    ? state
    : join(method.name, method.refinement, state, record, context, gradient);
}

/** The direction for a gradient; a new state is dropped. */
export function directionByHand<S extends StateTree>(
  method: Method<S>,
  state: S,
  gradient: Gradient,
  context: CurvatureContext,
): Tensor | Gradient {
  const result = method.precondition(state, gradient, context);
  return "direction" in result ? result.direction : result;
}

function join<S extends StateTree>(
  where: string,
  // biome-ignore lint/suspicious/noExplicitAny: as above
  statistic: Statistic<S, any> | undefined,
  state: S,
  record: LayerRecord,
  context: CurvatureContext,
  given?: Gradient,
): S {
  if (statistic === undefined) return state;
  const gradient = given ?? without(where);
  const batch = statistic.observe?.(record, context, state);
  return statistic.join(state, { ...(batch !== undefined && { batch }), gradient, examples: record.examples }, context);
}

/** Stands for the gradient of a method that reads none in `join`. */
function without(where: string): Gradient {
  const block = { name: "", parameters: [], shapes: [], shape: [], isLayer: false, hasBias: false, groups: 1 };
  const missing = (): never => {
    throw new UsageError({ where, problem: "its statistics read the gradient", help: "Pass the gradient too." });
  };
  return { ...partsGradient(block, []), dense: missing, parts: missing };
}
