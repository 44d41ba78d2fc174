/**
 * Decisions by validation rows: which evaluation is the best so far, and whether a run is at its end. Test rows are reported
 * and decide nothing.
 */

import { nearest, UsageError } from "@kronograd/tensor";
import { type EarlyStopping, freshStopping, isBetter, stoppingAfter } from "./early-stopping.ts";
import { type Evaluation, numberOf } from "./evaluate.ts";
import type { Metric } from "./metric.ts";
import type { Progress } from "./run-state.ts";

/** The part of a run's options that an evaluation decides by. */
export interface DecisionOptions {
  readonly until?: (evaluation: Evaluation) => boolean;
  readonly earlyStopping?: EarlyStopping;
  readonly best?: string;
}

/** Rules of a run. */
export interface Rules {
  /** Move a run's progress on by an evaluation of its validation rows. @returns whether it is the best so far */
  take(progress: Progress, seen: Evaluation): boolean;
}

/**
 * Make the rules of a run.
 *
 * @throws {UsageError} a name that is neither "loss" nor a metric's
 */
export function rulesOf({ until, earlyStopping, best = "loss" }: DecisionOptions, metrics: readonly Metric[]): Rules {
  const better = betterOf("best", best, metrics);
  const stopping = earlyStopping && {
    ...earlyStopping,
    better: betterOf("earlyStopping", earlyStopping.metric, metrics),
  };
  return {
    take(progress, seen) {
      const { step } = progress;
      if (until?.(seen) === true) progress.reached = true;
      if (stopping !== undefined) {
        const { metric, minDelta, patience } = stopping;
        const state = stoppingAfter(
          progress.stopping ?? freshStopping,
          numberOf(seen, metric),
          stopping.better,
          minDelta,
        );
        progress.stopping = state;
        if (state.waited >= patience) {
          progress.reached = true;
          progress.why = `${metric} did not become better than ${state.best} in ${state.waited} evaluations`;
        }
      }
      const before = progress.best === null ? null : numberOf(progress.best, best);
      if (!isBetter(numberOf(seen, best), before, better)) return false;
      progress.best = { step, loss: seen.loss, metrics: seen.metrics };
      return true;
    },
  };
}

function betterOf(where: string, name: string, metrics: readonly Metric[]): "higher" | "lower" {
  if (name === "loss") return "lower";
  const found = metrics.find((metric) => metric.name === name);
  if (found !== undefined) return found.better;
  const names = ["loss", ...metrics.map((metric) => metric.name)];
  const guess = nearest(name, names);
  throw new UsageError({
    where: `fit, ${where}`,
    problem: `no metric is called "${name}"`,
    expected: names,
    help: guess === undefined ? "Add it to fit({ metrics })." : `Did you mean "${guess}"?`,
  });
}
