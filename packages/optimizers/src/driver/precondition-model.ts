/**
 * Drives a curvature method of the whole model: one state, one direction of all blocks, the same schedules and guards as
 * by block (precondition-blocks.ts).
 */

import type { LayerRecord } from "@kronograd/autograd";
import { scope, UsageError } from "@kronograd/tensor";
import { blockInfo } from "../block-info.ts";
import type { Seen } from "../curvature-method.ts";
import { storedTensors } from "../direction.ts";
import { at } from "../schedules/schedule.ts";
import type { StateTree } from "../state/state.ts";
import type { StepContext, Transform, Updates } from "../transform.ts";
import { type AnyMethod, contextOf, described, needsOf, type PreconditionOptions } from "./drive.ts";
import { bothFinite, finiteness } from "./guard.ts";
import { type AnyStatistic, observeParts, recordsSeen } from "./learn.ts";
import { mergeParts, type Observed } from "./merge.ts";
import { phases } from "./phases.ts";
import { refreshWithDamping } from "./raise-damping.ts";

/** State of the driver: the method's own state, and how far it has come. */
export type ModelState = { readonly method: StateTree; readonly seen: boolean; readonly fresh: boolean };

/**
 * A model-wide method as a member of a chain.
 *
 * @throws {UsageError} a period that is not a whole number of steps; on update, a direction that leaves a block out
 */
export function preconditionModel(
  method: AnyMethod<"model">,
  options: PreconditionOptions = {},
): Transform<ModelState> {
  const { damping = 0.03, examples } = options;
  const { statistics, refinement } = method;
  const { due, looks } = phases(method.name, options);
  const takes = method.takes ?? (() => true);
  return {
    ...described(method),
    takes,
    needs: (step) => needsOf(method as unknown as AnyMethod, looks(step, 1, refinement !== undefined)),
    init: () => ({ method: null, seen: false, fresh: false }),
    update(updates, state, context) {
      const { step } = context;
      const lambda = at(context.damping ?? damping, step, "damping");
      context.report("damping", lambda);
      const own = contextOf(context, lambda);
      const taken = ofTaken(updates, context, takes);
      const blocks = [...taken.values()].map(({ block }) => blockInfo(block, context.roles));
      if (blocks.length === 0) return { updates, state };
      const { statistics: looksNow, refresh: refreshes, refinement: refines, look } = due(step, 0);
      let { method: current, seen, fresh } = state;
      let skipped = 0;
      const learn = (statistic: AnyStatistic): boolean => {
        context.mark("statistics");
        const records = new Map(
          [...taken.keys()].map((name) => [
            name,
            recordsSeen(context.records.get(name) ?? [], examples, look, context),
          ]),
        );
        const made = scope(() => {
          const s: StateTree = current ?? method.init(blocks, own);
          const statisticOf = merged(method.name, statistic, records, s, own, context);
          if (statisticOf === null) return null;
          const labelGradient = context.labelGradients && ofTaken(context.labelGradients, context, takes);
          const finite = looksFinite(statistic, statisticOf.batch, taken, labelGradient);
          if (finite === false) return null;
          const whole: Seen<StateTree, "model"> = {
            ...statisticOf,
            gradient: taken,
            ...(labelGradient && { labelGradient }),
          };
          return { state: statistic.join(s, whole as never, own) as StateTree, guarded: finite === true ? [] : finite };
        });
        if (made === null) skipped += 1;
        else {
          current = made.state;
          if (made.guarded.length > 0) context.guard("statistics", made.guarded);
        }
        return made !== null;
      };
      if (statistics !== undefined && looksNow) seen = learn(statistics as never) || seen;
      if (statistics === undefined) seen = true;
      let raised = lambda;
      if (method.refresh === undefined) fresh = seen;
      else if (seen && (refreshes || !fresh)) {
        context.mark("refresh");
        const made = scope(() => {
          const s: StateTree = current ?? method.init(blocks, own);
          const attempt = (damping: number) => scope(() => method.refresh?.(s, { ...own, damping }) as StateTree);
          return refreshWithDamping(method.name, lambda, attempt);
        });
        if (made === null) {
          context.report("failedRefreshes", 1);
          [seen, fresh] = [false, false]; // until there are new statistics
        } else {
          current = made.state;
          raised = made.damping;
          fresh = true;
        }
      }
      if (refinement !== undefined && refines && fresh) learn(refinement as never);
      if (skipped > 0) context.report("skippedStatistics", skipped);
      if (raised > lambda) context.report("dampingRaised", raised);
      if (!fresh) return { updates, state: { method: current, seen, fresh } };
      context.mark("precondition");
      const made = scope(() => {
        const s: StateTree = current ?? method.init(blocks, own);
        const result = method.precondition(s, taken, own);
        return "direction" in result
          ? (result as { direction: Updates; state: StateTree })
          : { direction: result as Updates, state: s };
      });
      assertWhole(method.name, taken, made.direction);
      context.mark("update");
      const directions = new Map([...updates].map(([name, own]) => [name, made.direction.get(name) ?? own]));
      return { updates: directions, state: { method: made.state, seen, fresh } };
    },
    inspect: ({ method: s }) => (s === null ? {} : { model: method.inspect?.(s) ?? {} }),
  };
}

function ofTaken(updates: Updates, { roles }: StepContext, takes: NonNullable<AnyMethod["takes"]>): Updates {
  return new Map([...updates].filter(([, { block }]) => takes(blockInfo(block, roles))));
}

/** The merged statistic of each block that has records, by name; null where nothing was seen. */
function merged(
  where: string,
  statistic: AnyStatistic,
  records: ReadonlyMap<string, readonly LayerRecord[]>,
  state: StateTree,
  own: ReturnType<typeof contextOf>,
  { exchange, records: all }: StepContext,
): { batch?: { readonly [block: string]: StateTree }; examples: number } | null {
  const countOf = (parts: readonly { readonly examples: number }[]) => parts.reduce((n, part) => n + part.examples, 0);
  if (statistic.observe === undefined) return { examples: countOf([...all.values()][0] ?? []) };
  const observed = new Map<string, readonly Observed[]>();
  for (const [name, list] of records)
    if (list.length > 0) observed.set(name, observeParts(statistic, list, state, own));
  const parts = exchange?.(observed, statistic.merge) ?? observed;
  const batch = [...parts].map(([name, list]) => {
    const trees = list.map((part) => part.batch);
    return [name, mergeParts<StateTree>(`${where}, ${name}`, trees, statistic.merge)] as const;
  });
  if (batch.length === 0) return null;
  return { batch: Object.fromEntries(batch), examples: countOf([...parts.values()][0] ?? []) };
}

function looksFinite(
  statistic: AnyStatistic,
  batch: StateTree | undefined,
  gradient: Updates,
  labelGradient: Updates | undefined,
): ReturnType<typeof finiteness> {
  const stored = (updates: Updates) => [...updates.values()].flatMap(storedTensors);
  const entering = statistic.observe === undefined ? stored(gradient) : (batch as StateTree);
  return bothFinite(finiteness(entering), () => finiteness(labelGradient && stored(labelGradient)));
}

function assertWhole(where: string, blocks: Updates, direction: Updates): void {
  const missing = [...blocks.keys()].filter((name) => !direction.has(name));
  if (missing.length === 0) return;
  throw new UsageError({
    where,
    problem: "the direction leaves blocks out",
    expected: [...blocks.keys()],
    got: [...direction.keys()],
    help: "Give a direction for every block of the gradient; the gradient itself where nothing is to change.",
  });
}
