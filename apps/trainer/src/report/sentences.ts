/** The result in sentences, in words that the numbers carry: "reached", "did not reach", never "better". */

import { spreadOf } from "@kronograd/figures";
import { count, listing, seconds } from "@kronograd/figures/format";
import { type Measure, measureOf, targetsOf, timeTo, totalSteps, valueAt } from "./measure.ts";
import { allRuns, diverged, lastStep, type ReportData } from "./run-data.ts";

/** What came out of the runs: one sentence or more, the most telling first. */
export function resultSentences(data: ReportData): string[] {
  const measure = measureOf(data);
  const { telling, hardest } = targetsOf(data, measure);
  const told = telling === null ? [ended(data, measure)] : reached(data, measure, telling);
  if (hardest !== null && hardest !== telling) told.push(reached(data, measure, hardest)[0] as string);
  if (data.kind === "run" && telling !== null) told.push(ended(data, measure));
  return [...told, ...divergedRuns(data)];
}

function reached(data: ReportData, measure: Measure, target: number): string[] {
  const total = totalSteps(data);
  const times = data.rivals.map(({ label, runs }, i) => {
    const { steps, seconds: time } = timeTo(data.rivals[i] as (typeof data.rivals)[number], measure, target);
    return { label, runs, steps: steps.median, time: time.median };
  });
  const there = times
    .filter(({ steps }) => Number.isFinite(steps))
    .sort((a, b) => a.steps - b.steps || a.time - b.time);
  const not = times.filter(({ steps }) => !Number.isFinite(steps));
  const parts = there.map(({ label, steps, time }, i) => {
    const what = i === 0 ? `${label} reached ${measure.formatLevel(target)} ${measure.name} in ` : `${label} in `;
    return `${what}${count(steps)}${i === 0 ? " steps" : ""} / ${seconds(time)}`;
  });
  const missed =
    not.length === 0 ? "" : `; ${listing(not.map(({ label }) => label))} did not reach it in ${count(total)} steps`;
  const sentences = [`${listing(parts)}${missed}.`];
  const fastest = there.toSorted((a, b) => a.time - b.time)[0];
  const first = there[0];
  if (fastest !== undefined && first !== undefined && fastest !== first) {
    sentences.push(
      `In seconds of training ${fastest.label} was there first: ${seconds(fastest.time)} against ${seconds(first.time)} of ${first.label}.`,
    );
  }
  return sentences;
}

function ended(data: ReportData, measure: Measure): string {
  const total = totalSteps(data);
  const ends = data.rivals.map(({ label, runs }) => {
    const { median } = spreadOf(runs.map((run) => valueAt(run, measure, total)));
    if (Number.isNaN(median)) return `${label} not measured`;
    return `${label} ${Number.isFinite(median) ? measure.format(median) : "not finite"}`;
  });
  const name = measure.name.replace("test", "Test");
  return `${name} after ${count(total)} steps: ${ends.join(", ")}.`;
}

function divergedRuns(data: ReportData): string[] {
  return data.rivals.flatMap(({ label, runs }) => {
    const lost = runs.filter(diverged);
    if (lost.length === 0) return [];
    const at = listing(
      lost.map((run) => `step ${count(lastStep(run))}${run.seed === null ? "" : ` (seed ${run.seed})`}`),
    );
    const share = runs.length === 1 ? "" : ` in ${lost.length} of ${runs.length} seeds`;
    return [`${label} diverged${share}: ${at}.`];
  });
}

/** How the sentences are to be read. */
export function resultNote(data: ReportData): string {
  const seeds = Math.max(...data.rivals.map(({ runs }) => runs.length));
  const steps = allRuns(data)[0]?.evals.map(({ step }) => step) ?? [];
  const every = (steps[2] ?? 0) - (steps[1] ?? 0);
  const parts = [
    seeds > 1 ? `Medians of ${seeds} seeds` : "One seed",
    every > 0
      ? `the test set was looked at every ${count(every)} steps, so a target counts from the look that saw it`
      : "",
    "seconds count training only",
  ];
  return `${parts.filter((part) => part !== "").join("; ")}.`;
}
