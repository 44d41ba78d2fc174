/**
 * Drives a curvature method as a transform: schedules, one state for each block, groups of a convolution as layers of their own.
 *
 * Blocks that no LayerRecord describes (norm scales, embeddings without one, a frozen or unused layer) keep their plain
 * gradient. A layer that was not used in a step keeps its state and passes a zero gradient on.
 */

import { type Block, denseGradient, type Gradient, type LayerRecord } from "@kronograd/autograd";
import { concat, scope, slice, type Tensor, UsageError } from "@kronograd/tensor";
import type { CurvatureContext, CurvatureMethod } from "./curvature.ts";
import { at, type Schedule } from "./schedule.ts";
import type { StateTree } from "./state.ts";
import type { Oracles, StepContext, Transform, Updates } from "./transform.ts";

export interface PreconditionOptions {
  /** λ; default 0.03 */
  readonly damping?: Schedule;
  /** Steps between statistics (default 1), refreshes (default 1) and refinements (default: with each refresh). */
  readonly statisticsEvery?: number;
  readonly refreshEvery?: number;
  readonly refineEvery?: number;
}

interface BlockState {
  readonly [key: string]: StateTree;
  readonly method: StateTree;
  /** Whether `update` has run, so that there is something to refresh. */
  readonly seen: boolean;
  /** Whether `refresh` has run, so that there is something to apply. */
  readonly fresh: boolean;
}

type State = { readonly [block: string]: BlockState };

/** A curvature method as a member of a chain. */
export function precondition<S extends StateTree>(method: CurvatureMethod<S>, options: PreconditionOptions = {}): Transform<State> {
  const { damping = 0.03, statisticsEvery = 1, refreshEvery = 1 } = options;
  const refineEvery = options.refineEvery ?? refreshEvery;
  checkPeriods(method.name, { statisticsEvery, refreshEvery, refineEvery });
  const due = (step: number, every: number) => step % every === 0;
  const { hvp, ggnvp, trialLoss, inputs, outputGrads, gradient } = method.needs;
  const oracles = (Object.entries({ hvp, ggnvp, trialLoss }) as [keyof Oracles, boolean | undefined][]).flatMap(([name, wanted]) => (wanted ? [name] : []));

  return {
    name: method.name,
    needs(step) {
      const looks = due(step, statisticsEvery) || (method.refine !== undefined && due(step, refineEvery));
      return {
        layers: true,
        ...(looks && inputs === true ? { inputs } : {}),
        ...(looks && outputGrads !== undefined ? { outputGrads } : {}),
        ...(gradient !== undefined ? { gradient } : {}),
        ...(oracles.length > 0 ? { oracles } : {}),
      };
    },
    init: () => ({}),
    update(updates, state, context) {
      const { step, rng } = context;
      const lambda = at(damping, step);
      context.report("damping", lambda);
      const curvatureContext: CurvatureContext = { step, damping: lambda, rng, oracles: context.oracles };
      const next: Record<string, BlockState> = { ...state };
      const advance = (key: string, block: Block, gradientOf: () => Gradient, record: LayerRecord | undefined): Gradient => {
        let own = next[key];
        if (own === undefined) own = { method: null, seen: false, fresh: false };
        const call = (f: (s: S) => S) => {
          const before = own as BlockState;
          const made = scope(() => f((before.method ?? method.init(block, curvatureContext)) as S));
          own = { ...before, method: made };
        };
        if (record !== undefined && due(step, statisticsEvery)) {
          context.mark("statistics");
          call((s) => method.update(s, record, curvatureContext));
          own = { ...own, seen: true };
        }
        if (own.seen && (due(step, refreshEvery) || !own.fresh)) {
          context.mark("refresh");
          call((s) => method.refresh(s, curvatureContext));
          own = { ...own, fresh: true };
        }
        const { refine } = method;
        if (refine !== undefined && record !== undefined && own.fresh && due(step, refineEvery)) call((s) => refine(s, record, curvatureContext));
        next[key] = own;
        if (!own.fresh) return gradientOf();
        context.mark("precondition");
        const fresh = own.method as S;
        const direction = scope(() => method.precondition(fresh, gradientOf(), curvatureContext));
        return "block" in direction ? direction : denseGradient(block, direction);
      };
      const directions = new Map<string, Gradient>();
      for (const [name, gradient] of updates) {
        const { block } = gradient;
        if (!block.isLayer) directions.set(name, gradient);
        else if (block.groups === 1) directions.set(name, advance(name, block, () => gradient, context.records.get(name)));
        else directions.set(name, byGroup(gradient, context, advance));
      }
      context.mark("update");
      return { updates: directions, state: next };
    },
    plan(block, batch) {
      if (!block.isLayer || method.plan === undefined) return null;
      return { ...method.plan(block as Block, batch) };
    },
  };
}

/** Run each group's rows through a state of its own and stack the directions again. */
function byGroup(
  gradient: Gradient,
  context: StepContext,
  advance: (key: string, block: Block, gradientOf: () => Gradient, record: LayerRecord | undefined) => Gradient,
): Gradient {
  const { block } = gradient;
  const [rows, columns] = block.shape as [number, number];
  const height = rows / block.groups;
  const directions = Array.from({ length: block.groups }, (_, k): Tensor => {
    const own: Block = { ...block, name: `${block.name}[group ${k}]`, shape: [height, columns], groups: 1 };
    const part = () => denseGradient(own, slice(gradient.dense(), [[k * height, (k + 1) * height], null]));
    return advance(own.name, own, part, context.records.get(block.name)?.group(k)).dense();
  });
  return denseGradient(block, concat(directions, 0));
}

function checkPeriods(where: string, periods: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(periods)) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new UsageError({ where, problem: `${name} must be a whole number of steps ≥ 1`, got: value, details: { [name]: value } });
  }
}
