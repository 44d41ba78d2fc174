/** What came out, in text: the race table, the rules of a fair race, and sentences. Numbers are the report's own. */

import { columns, type Spread, spreadOf, spreadWords } from "@kronograd/figures";
import { count, number, percent, seconds } from "@kronograd/figures/format";
import {
  type Measure,
  measureOf,
  msPerStep,
  stepAtShare,
  targetsOf,
  timeTo,
  totalSteps,
  valueAt,
} from "../report/measure.ts";
import { raceRules, ruleMarks } from "../report/rules.ts";
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
function spread(of: Spread, format: (value: number) => string, without: string): string {
  const { middle, range } = spreadWords(of, format, without);
  return `${middle} ${range}`.trimEnd();
}

function ruleLines(data: ReportData): string[] {
  return raceRules(data).map(({ rule, state, evidence }) => `  ${ruleMarks[state]} ${rule} ${state}: ${evidence}`);
}
