/** What decides the race: test accuracy, or test loss where the task has no accuracy. */

import { type Spread, spreadOf } from "@kronograd/figures";
import * as format from "@kronograd/figures/format";
import { evaluated, type Sample } from "./curves.ts";
import { allRuns, diverged, lastStep, type ReportData, type Rival, type Run } from "./run-data.ts";

export interface Measure {
  readonly key: "accuracy" | "loss";
  readonly name: string;
  /** What a diverged run counts as. */
  readonly worst: number;
  readonly reaches: (value: number, target: number) => boolean;
  readonly format: (value: number) => string;
  readonly formatLevel: (value: number) => string;
}

const accuracy: Measure = {
  key: "accuracy",
  name: "test accuracy",
  worst: Number.NEGATIVE_INFINITY,
  reaches: (value, target) => value >= target,
  format: format.percent,
  formatLevel: format.level,
};

const loss: Measure = {
  key: "loss",
  name: "test loss",
  worst: Number.POSITIVE_INFINITY,
  reaches: (value, target) => value <= target,
  format: (value) => format.number(value),
  formatLevel: (value) => format.number(value),
};

/** The measure that fits the runs. */
export const measureOf = (data: Pick<ReportData, "rivals">): Measure =>
  allRuns(data).some((run) => run.evals.some(({ metrics }) => metrics.accuracy !== undefined)) ? accuracy : loss;

/** The measured value at a step, or at the run's end: a diverged run has none and counts as the worst. */
export function valueAt(run: Run, measure: Measure, step: number): number {
  const sample = evaluated(run, measure.key).findLast((each) => each.step <= step);
  if (diverged(run) && lastStep(run) <= step) return measure.worst;
  if (sample === undefined) return Number.NaN;
  return Number.isFinite(sample.value) ? sample.value : measure.worst;
}

/** The first evaluation at which a run was at the target. */
export const firstAt = (run: Run, measure: Measure, target: number): Sample | undefined =>
  evaluated(run, measure.key).find(({ value }) => measure.reaches(value, target));

/** Steps and seconds to a target; infinite for a seed that did not reach it. */
export function timeTo(rival: Rival, measure: Measure, target: number): { steps: Spread; seconds: Spread } {
  const first = rival.runs.map((run) => firstAt(run, measure, target));
  const far = Number.POSITIVE_INFINITY;
  return {
    steps: spreadOf(first.map((at) => at?.step ?? far)),
    seconds: spreadOf(first.map((at) => at?.seconds ?? far)),
  };
}

/** Steps that were to be done: the most that a run did. */
export const totalSteps = (data: Pick<ReportData, "rivals">): number => Math.max(0, ...allRuns(data).map(lastStep));

/** Milliseconds a step of training; the first step, in which everything is compiled, is left out. */
export function msPerStep(run: Run): number {
  const first = run.steps[0];
  const last = run.steps.at(-1);
  if (first === undefined || last === undefined || last.step === first.step) return Number.NaN;
  return (1000 * (last.seconds - first.seconds)) / (last.step - first.step);
}

/** The evaluated step nearest to a share of the steps; the start is none of them. */
export function stepAtShare(data: Pick<ReportData, "rivals">, share: number): number {
  const wanted = share * totalSteps(data);
  const looked = new Set(allRuns(data).flatMap((run) => run.evals.map(({ step }) => step)));
  const steps = [...looked].filter((step) => step > 0).sort((a, b) => a - b);
  return steps.reduce((best, step) => (Math.abs(step - wanted) < Math.abs(best - wanted) ? step : best), steps[0] ?? 0);
}

/** Levels to be timed, from easy to hard; `telling` is the one that the first sentence is about. */
export interface Targets {
  readonly levels: readonly number[];
  readonly telling: number | null;
  readonly hardest: number | null;
}

/**
 * Levels worth timing: the highest that every rival reached (in the median), the one that was set as target, and the
 * highest that any reached. Where none was set, or nobody reached it, the highest that half of them did stands in.
 *
 * Levels are round (whole percents, then 99.5, 99.9 %; 1, 2 or 5 times a power of ten for a loss) and above every start.
 */
export function targetsOf(data: ReportData, measure: Measure): Targets {
  const starts = allRuns(data).flatMap((run) =>
    evaluated(run, measure.key)
      .slice(0, 1)
      .map(({ value }) => value),
  );
  const open = levels[measure.key].filter((level) => starts.every((start) => !measure.reaches(start, level)));
  const reachedBy = (level: number) =>
    data.rivals.filter((rival) => Number.isFinite(timeTo(rival, measure, level).steps.median)).length;
  const reachedByAtLeast = (rivals: number) => open.findLast((level) => reachedBy(level) >= rivals) ?? null;
  const ofAll = reachedByAtLeast(data.rivals.length);
  const hardest = reachedByAtLeast(1);
  const set = (data.race ?? allRuns(data)[0]?.config)?.target;
  const isMet = typeof set === "number" && starts.every((start) => !measure.reaches(start, set)) && reachedBy(set) > 0;
  const telling = isMet ? set : reachedByAtLeast(Math.ceil(data.rivals.length / 2));
  const known = new Set([ofAll, telling, hardest].filter((level) => level !== null));
  return { levels: [...known].sort((a, b) => (measure.reaches(a, b) ? 1 : -1)), telling: telling ?? hardest, hardest };
}

/** From easy to hard. */
const levels = {
  accuracy: [...Array.from({ length: 99 }, (_, i) => (i + 1) / 100), 0.995, 0.999],
  loss: Array.from({ length: 10 }, (_, i) => 4 - i).flatMap((power) =>
    [5, 2, 1].map((times) => Number(`${times}e${power}`)),
  ),
} as const;
