/**
 * Drives a curvature method as a transform: schedules, one state for each block, groups of a convolution as layers of their own.
 *
 * On each step, where it is due: update, refresh, refine, precondition. A layer whose first statistics come between two
 * refreshes is refreshed at once, so that it need not wait. Blocks that no LayerRecord describes (norm scales, embeddings
 * without one, a frozen layer) and layers without statistics yet keep their plain gradient; a layer that a step did not use
 * keeps its state. Statistics that are not finite, or whose squares are not, never reach a method: they are skipped and
 * counted.
 */

import { type Block, denseGradient, type Gradient, type LayerRecord } from "@kronograd/autograd";
import { assertWhole, concat, frobenius2, scope, slice } from "@kronograd/tensor";
import type { Needs } from "../chain.ts";
import type { CurvatureContext, CurvatureMethod } from "../curvature-method.ts";
import { at, type Schedule } from "../schedules/schedule.ts";
import type { StateTree } from "../state/state.ts";
import type { StepContext, Transform } from "../transform.ts";
import { refreshWithDamping } from "./raise-damping.ts";
import type { Examples } from "./some-examples.ts";

/** When a method looks, and how much is added to what it sees. */
export interface PreconditionOptions {
  /** λ; default 0.03. Within `adaptiveDamping` that decides. */
  readonly damping?: Schedule;
  /** Steps between statistics (default 1), refreshes (default 1) and refinements (default: with each refresh). */
  readonly statisticsEvery?: number;
  readonly refreshEvery?: number;
  readonly refineEvery?: number;
  /**
   * Refresh blocks on different steps, so that no step carries all inversions: all on the first, then block k on every step
   * ≡ k (mod refreshEvery) from step refreshEvery on. Statistics keep their own schedule. Default false.
   */
  readonly stagger?: boolean;
  /** Examples of each batch that statistics are made of: `someExamples(32)`; default: all. */
  readonly examples?: Examples;
}

/** What the driver keeps for a block: the method's own state, and how far it has come. */
export interface BlockState {
  readonly [key: string]: StateTree;
  readonly method: StateTree;
  /** Whether `update` has run, so that there is something to refresh. */
  readonly seen: boolean;
  /** Whether `refresh` has run, so that there is something to apply. */
  readonly fresh: boolean;
}

/** By block name; groups of a convolution count as blocks, "conv1[group 0]". */
export type PreconditionState = { readonly [block: string]: BlockState };

/**
 * A curvature method as a member of a chain. Reports `damping`; `skippedStatistics` on a step that had any; and
 * `dampingRaised`, the largest λ that a refresh took, where the scheduled one did not do (raise-damping.ts).
 *
 * @throws {UsageError} a period that is not a whole number of steps; on update, damping below 0
 * @throws {NumericalError} (on update) a factor that cannot be inverted even so; names the layer
 * @example
 * chain(precondition(kfacCurvature(), { damping: 0.03, refreshEvery: 10 }), klClip(1e-3), momentum());
 */
export function precondition<S extends StateTree>(
  method: CurvatureMethod<S>,
  options: PreconditionOptions = {},
): Transform<PreconditionState> {
  const { damping = 0.03, statisticsEvery = 1, refreshEvery = 1, stagger = false } = options;
  const { refineEvery = refreshEvery, examples = (record) => record } = options;
  for (const [name, steps] of Object.entries({ statisticsEvery, refreshEvery, refineEvery }))
    assertWhole(method.name, name, steps);
  const looks = (step: number) =>
    isDue(step, statisticsEvery) || (method.refine !== undefined && isDue(step, refineEvery));

  return {
    name: method.name,
    plan: method.plan,
    needs: (step) => needsOf(method, looks(step)),
    init: () => ({}),
    update(updates, state, context) {
      const { step, rng, oracles } = context;
      const lambda = at(context.damping ?? damping, step, "damping");
      context.report("damping", lambda);
      const own: CurvatureContext = { step, damping: lambda, rng, oracles };
      const next: Record<string, BlockState> = { ...state };
      let skipped = 0;
      let raised = lambda; // the largest damping that a refresh took
      const look = Math.floor(step / statisticsEvery);
      const finite = (whole: LayerRecord | undefined): LayerRecord | undefined => {
        const record = whole && examples(whole, look);
        if (record === undefined || isFiniteRecord(record, context)) return record;
        skipped += 1;
        return undefined;
      };
      const refresh = (block: Block, s: S): S => {
        const attempt = (damping: number) => scope(() => method.refresh(s, { ...own, damping }));
        const made = refreshWithDamping(block.name, lambda, attempt);
        raised = Math.max(raised, made.damping);
        return made.state;
      };
      const advance = (block: Block, gradientOf: () => Gradient, record: LayerRecord | undefined): Gradient => {
        let current = next[block.name] ?? { method: null, seen: false, fresh: false };
        next[block.name] = current; // in the order of their first steps, which a checkpoint keeps
        const phase = stagger ? Object.keys(next).indexOf(block.name) % refreshEvery : 0;
        const refreshes = isDue(step - phase, refreshEvery) && (step === 0 || step >= refreshEvery);
        const call = (phase: string, f: (s: S) => S, reached: Partial<BlockState> = {}) => {
          context.mark(phase);
          const before = current;
          const made = scope(() => f((before.method ?? method.init(block, own)) as S));
          current = { ...before, ...reached, method: made };
        };
        if (record !== undefined && isDue(step, statisticsEvery)) {
          call("statistics", (s) => method.update(s, record, own), { seen: true });
        }
        if (current.seen && (refreshes || !current.fresh)) {
          call("refresh", (s) => refresh(block, s), { fresh: true });
        }
        const { refine } = method;
        if (refine !== undefined && record !== undefined && current.fresh && isDue(step, refineEvery)) {
          call("statistics", (s) => refine(s, record, own));
        }
        next[block.name] = current;
        if (!current.fresh) return gradientOf();
        context.mark("precondition");
        const direction = scope(() => method.precondition(current.method as S, gradientOf(), own));
        return "block" in direction ? direction : denseGradient(block, direction);
      };
      const directions = new Map<string, Gradient>();
      for (const [name, gradient] of updates) {
        const { block } = gradient;
        const record = block.isLayer && looks(step) ? finite(context.records.get(name)) : undefined;
        if (!block.isLayer) directions.set(name, gradient);
        else if (block.groups === 1)
          directions.set(
            name,
            advance(block, () => gradient, record),
          );
        else directions.set(name, byGroup(gradient, record, advance));
      }
      if (skipped > 0) context.report("skippedStatistics", skipped);
      if (raised > lambda) context.report("dampingRaised", raised);
      context.mark("update");
      return { updates: directions, state: next };
    },
    inspect: (state) =>
      Object.fromEntries(
        Object.entries(state).map(([name, { method: own }]) => [name, method.inspect?.(own as S) ?? {}]),
      ),
  };
}

/** Inputs and output gradients only on the steps that look at them, the rest always. */
function needsOf({ needs }: Pick<CurvatureMethod, "needs">, looks: boolean): Needs {
  const { inputs, outputGrads, summed, ...always } = needs;
  const seen = { ...(inputs && { inputs }), ...(outputGrads && { outputGrads, positions: !summed }) };
  return { layers: true, ...always, ...(looks && seen) };
}

/** Run each group's rows through a state of its own and stack the directions again. */
function byGroup(
  gradient: Gradient,
  record: LayerRecord | undefined,
  advance: (block: Block, gradientOf: () => Gradient, record: LayerRecord | undefined) => Gradient,
): Gradient {
  const { block } = gradient;
  const [rows, columns] = block.shape as [number, number];
  const height = rows / block.groups;
  const joint = gradient.dense();
  const directions = Array.from({ length: block.groups }, (_, k) => {
    const own: Block = { ...block, name: `${block.name}[group ${k}]`, shape: [height, columns], groups: 1 };
    const part = () => denseGradient(own, slice(joint, [[k * height, (k + 1) * height]]));
    return advance(own, part, record?.group(k)).dense();
  });
  return denseGradient(block, concat(directions, 0));
}

/**
 * Whether a record's numbers, and the sums of their squares, are finite. A device that must be waited for is not asked: there
 * the whole step depends on it.
 */
function isFiniteRecord({ uses }: LayerRecord, { guard }: Pick<StepContext, "guard">): boolean {
  const values = uses.flatMap(({ input, outputGrads }) => [input, ...outputGrads]);
  if (values.every((t) => t.device.backend.host !== undefined))
    return scope(() => values.every((t) => Number.isFinite(frobenius2(t).itemSync())));
  guard(
    "statistics",
    values.map((t) => frobenius2(t)),
  );
  return true;
}

const isDue = (step: number, every: number): boolean => step % every === 0;
