/**
 * Drives a curvature method by block: schedules, states, parts of a batch, groups of a convolution as layers of their own,
 * raised damping, and the guard against statistics that are not finite.
 *
 * On each step, where it is due: statistics, refresh, refinement, then the direction. A block whose first statistics come
 * between two refreshes is refreshed at once, so that it need not wait. Blocks that the method does not take, and blocks
 * without statistics yet, keep their gradient; a layer that a step did not use keeps its state.
 */

import { denseGradient, type Gradient } from "@kronograd/autograd";
import { scope } from "@kronograd/tensor";
import { at } from "../schedules/schedule.ts";
import type { StateTree } from "../state/state.ts";
import type { StepContext, Transform } from "../transform.ts";
import { type AnyMethod, contextOf, described, hasRecord, needsOf, type PreconditionOptions } from "./drive.ts";
import { type AnyStatistic, joined, observeParts, recordsSeen } from "./learn.ts";
import type { Observed } from "./merge.ts";
import { type Due, phases } from "./phases.ts";
import { refreshWithDamping } from "./raise-damping.ts";
import { type Unit, unitsOf, withDirections } from "./units.ts";

/** State of a block in the driver: the method's own state, and how far it has come. */
export interface BlockState {
  readonly [key: string]: StateTree;
  readonly method: StateTree;
  /** Whether statistics were taken, so that there is something to refresh. */
  readonly seen: boolean;
  /** Whether there is something to apply. */
  readonly fresh: boolean;
}

/** By block name; groups of a convolution count as blocks, "conv1[group 0]". */
export type PreconditionState = { readonly [block: string]: BlockState };

/**
 * A curvature method by block as a member of a chain. Reports `damping`; `skippedStatistics` on a step that had any;
 * `dampingRaised`, the largest λ that a refresh took, where the scheduled one did not do (raise-damping.ts); and
 * `failedRefreshes`, the number of blocks that no damping could invert: they keep their plain gradient until they have new
 * statistics.
 *
 * @throws {UsageError} a period that is not a whole number of steps; on update, damping below 0, parts that do not merge
 * @throws {NumericalError} (on update) λ = 0, and a factor that cannot be inverted; names the block
 */
export function preconditionBlocks(method: AnyMethod, options: PreconditionOptions = {}): Transform<PreconditionState> {
  const { damping = 0.03, examples } = options;
  const { statistics, refinement } = method;
  const { due, looks } = phases(method.name, options);
  let count = Number.POSITIVE_INFINITY; // of the blocks; until they are known, `needs` asks for what any of them might want
  return {
    ...described(method),
    needs: (step) => needsOf(method, looks(step, count, refinement !== undefined)),
    init: () => ({}),
    update(updates, state, context) {
      const { step } = context;
      const lambda = at(context.damping ?? damping, step, "damping");
      context.report("damping", lambda);
      const own = contextOf(context, lambda);
      const next: Record<string, BlockState> = { ...state };
      const units = unitsOf(updates, context, method.takes ?? hasRecord);
      for (const { block } of units) next[block.name] ??= { method: null, seen: false, fresh: false };
      const names = Object.keys(next); // in the order of their first steps, which a checkpoint keeps
      count = names.length;
      const dues = new Map(names.map((name, index) => [name, due(step, index)]));
      const dueOf = ({ block }: Unit) => dues.get(block.name) as Due;
      const stateOf = ({ block }: Unit) => next[block.name] as BlockState;
      const methodState = (unit: Unit): StateTree => stateOf(unit).method ?? method.init(unit.block, own);
      const put = (unit: Unit, reached: Partial<BlockState>) => {
        next[unit.block.name] = { ...stateOf(unit), ...reached } as BlockState;
      };

      let skipped = 0;
      const sameRows = new Set<Unit>(); // whose gradients have the rows that this step's statistics are of
      const learn = (statistic: AnyStatistic, list: readonly Unit[], reached: Partial<BlockState>) => {
        if (list.length === 0) return;
        context.mark("statistics");
        const windows = new Map(
          list.map((unit) => [unit, recordsSeen(unit.records, examples, dueOf(unit).look, context)]),
        );
        const observe = (unit: Unit, s: StateTree) => observeParts(statistic, windows.get(unit) ?? [], s, own);
        const gathered = statistic.observe && exchangeParts(statistic, list, observe, methodState, context);
        for (const unit of list) {
          const records = windows.get(unit) ?? [];
          const others = gathered?.get(unit.block.name);
          if (statistic.observe !== undefined && records.length === 0 && others === undefined) continue;
          const made = scope(() => {
            const s = methodState(unit);
            const parts = others ?? observe(unit, s);
            const where = `${method.name}, ${unit.block.name}`;
            return joined(where, statistic, unit, s, { records, parts }, own);
          });
          if (made === null) skipped += 1;
          else {
            put(unit, { ...reached, method: made.state });
            if (made.sameRows && statistic === statistics) sameRows.add(unit);
            if (made.guarded.length > 0) context.guard("statistics", made.guarded);
          }
        }
      };

      const seenAtOnce = method.refresh === undefined ? { seen: true, fresh: true } : { seen: true };
      if (statistics !== undefined) learn(statistics, units.filter((unit) => dueOf(unit).statistics), seenAtOnce); // biome-ignore format: one line
      let failed = 0;
      let raised = lambda; // the largest damping that a refresh took
      for (const unit of units) {
        const { seen, fresh } = stateOf(unit);
        if (statistics === undefined && method.refresh === undefined) put(unit, { seen: true, fresh: true });
        if (method.refresh === undefined || !(seen || statistics === undefined)) continue;
        if (fresh && !dueOf(unit).refresh) continue;
        context.mark("refresh");
        const made = scope(() => {
          const s = methodState(unit);
          const attempt = (damping: number) => scope(() => method.refresh?.(s, { ...own, damping }) as StateTree);
          return refreshWithDamping(unit.block.name, lambda, attempt);
        });
        if (made === null) {
          failed += 1;
          put(unit, { seen: false, fresh: false }); // until there are new statistics
          continue;
        }
        raised = Math.max(raised, made.damping);
        put(unit, { fresh: true, method: made.state });
      }
      if (refinement !== undefined) {
        const ready = units.filter((unit) => dueOf(unit).refinement && stateOf(unit).fresh);
        learn(refinement, ready, {});
      }
      const directions = new Map<string, Gradient>();
      for (const unit of units) {
        if (!stateOf(unit).fresh) {
          directions.set(unit.block.name, unit.gradient());
          continue;
        }
        context.mark("precondition");
        const made = scope(() => {
          const s = methodState(unit);
          const result = method.precondition(s, unit.gradient(), { ...own, sameRows: sameRows.has(unit) });
          return "direction" in result ? result : { direction: result, state: s };
        });
        put(unit, { method: made.state as StateTree });
        const { direction } = made;
        directions.set(unit.block.name, "block" in direction ? direction : denseGradient(unit.block, direction));
      }
      if (skipped > 0) context.report("skippedStatistics", skipped);
      if (raised > lambda) context.report("dampingRaised", raised);
      if (failed > 0) context.report("failedRefreshes", failed);
      context.mark("update");
      return { updates: withDirections(updates, directions), state: next };
    },
    inspect: (state) =>
      Object.fromEntries(
        Object.entries(state).map(([name, { method: s }]) => [name, s === null ? {} : (method.inspect?.(s) ?? {})]),
      ),
  };
}

/** The parts of all workers, by block; nothing where this process is alone. */
function exchangeParts(
  { merge }: AnyStatistic,
  units: readonly Unit[],
  observe: (unit: Unit, s: StateTree) => Observed[],
  stateOf: (unit: Unit) => StateTree,
  { exchange }: StepContext,
): ReadonlyMap<string, readonly Observed[]> | undefined {
  return exchange?.(new Map(units.map((unit) => [unit.block.name, observe(unit, stateOf(unit))])), merge);
}
