/** What came out, in text: the race table, the rules of a fair race, and sentences. Numbers are the report's own. */

import { columns } from "../render/text.ts";
import { count, number, percent, seconds } from "../report/format.ts";
import {
  type Measure,
  measureOf,
  msPerStep,
  type Spread,
  spreadOf,
  stepAtShare,
  targetsOf,
  timeTo,
  totalSteps,
  valueAt,
} from "../report/measure.ts";
import { raceRules } from "../report/rules.ts";
import type { ReportData, Rival } from "../report/run-data.ts";
import { resultSentences } from "../report/sentences.ts";

/** Table, rules and sentences of a race, or of a single run. */
export function resultText(data: ReportData): string {
  const rules = data.kind === "race" ? ["", "Rules of a fair race", ...ruleLines(data)] : [];
  return [...tableLines(data), "", ...resultSentences(data), ...rules].join("\n");
}

/** The same as data, for `--render json`. */
export function resultData(data: ReportData): unknown {
  const measure = measureOf(data);
  const total = totalSteps(data);
  return {
    type: "result",
    measure: measure.key,
    steps: total,
    rivals: data.rivals.map((rival) => ({
      name: rival.name,
      at: Object.fromEntries(shares.map((share) => [share, at(rival, measure, stepAtShare(data, share))])),
      targets: targetsOf(data, measure).levels.map((target) => ({ target, ...timeTo(rival, measure, target) })),
      msPerStep: spreadOf(rival.runs.map(msPerStep)),
      reasons: rival.runs.map(({ end }) => end?.reason ?? "unfinished"),
    })),
    ...(data.kind === "race" ? { rules: raceRules(data) } : {}),
  };
}

const shares = [0.25, 0.5, 1] as const;

const at = (rival: Rival, measure: Measure, step: number): Spread =>
  spreadOf(rival.runs.map((run) => valueAt(run, measure, step)));

function tableLines(data: ReportData): string[] {
  const measure = measureOf(data);
  const targets = targetsOf(data, measure).levels;
  const steps = shares.map((share) => stepAtShare(data, share));
  const head = [
    measure.name,
    ...steps.map((step) => `step ${count(step)}`),
    ...targets.map((target) => `to ${measure.formatLevel(target)}`),
    "ms/step",
  ];
  const rows = data.rivals.map((rival) => [
    rival.label,
    ...steps.map((step) => spread(at(rival, measure, step), measure.key === "accuracy" ? percent : number, "diverged")),
    ...targets.map((target) => reached(timeTo(rival, measure, target))),
    spread(spreadOf(rival.runs.map(msPerStep)), (value) => number(value, 3), "–"),
  ]);
  return columns([head, ...rows]);
}

/** "140 steps / 0.43 s" */
function reached({ steps, seconds: time }: { steps: Spread; seconds: Spread }): string {
  return Number.isFinite(steps.median) ? `${count(steps.median)} steps / ${seconds(time.median)}` : "not reached";
}

/** Median, and the range over several seeds. */
function spread({ median, low, high, seeds }: Spread, format: (value: number) => string, without: string): string {
  const show = (value: number) => (Number.isFinite(value) ? format(value) : without);
  if (seeds < 2 || low === high) return show(median);
  return `${show(median)} [${bare(show(low))}–${bare(show(high))}]`;
}

const bare = (text: string): string => text.replace(/\u202F.*$/, "");

const marks = { met: "✓", "not met": "✗", "not recorded": "?" } as const;

function ruleLines(data: ReportData): string[] {
  return raceRules(data).map(({ rule, state, evidence }) => `  ${marks[state]} ${rule} ${state}: ${evidence}`);
}
