/** A study in numbers, and its tables in Markdown. */

import { type Spread, spreadOf } from "@kronograd/figures";
import { seconds } from "@kronograd/figures/format";
import {
  measureOf,
  msPerStep,
  type ReportData,
  stepAtShare,
  timeTo,
  totalSteps,
  valueAt,
} from "@kronograd/trainer/report";

/** What one rival did in one race; numbers that were never reached are null. */
export interface RivalOutcome {
  readonly name: string;
  readonly options: unknown;
  /** Test accuracy at the race's `looks`. */
  readonly accuracy: readonly Spread[];
  readonly stepsToTarget: number | null;
  readonly secondsToTarget: number | null;
  readonly msPerStep: number;
}

/** One race. */
export interface Outcome {
  readonly model: string;
  readonly epochs: number;
  readonly steps: number;
  /** The evaluations nearest to 25, 50 and 100 % of the steps. */
  readonly looks: readonly number[];
  readonly seeds: number;
  readonly target: number;
  readonly device: unknown;
  readonly rivals: readonly RivalOutcome[];
}

export interface Study {
  readonly command: string;
  readonly machine: string;
  readonly outcomes: readonly Outcome[];
}

const names: Readonly<Record<string, string>> = {
  sgd: "SGD, Nesterov, tuned",
  adam: "Adam, tuned",
  kfac: "K-FAC, tuned",
  skfac: "SKFAC, as shipped",
  tuned: "SKFAC, tuned",
};

export function outcomeOf(
  data: ReportData,
  { model, epochs, target }: { readonly model: string; readonly epochs: number; readonly target: number },
): Outcome {
  const measure = measureOf(data);
  const looks = [0.25, 0.5, 1].map((share) => stepAtShare(data, share));
  const orNull = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    model,
    epochs,
    steps: totalSteps(data),
    looks,
    seeds: Math.max(...data.rivals.map(({ runs }) => runs.length)),
    target,
    device: data.race?.device,
    rivals: data.rivals.map((rival) => {
      const reached = timeTo(rival, measure, target);
      return {
        name: rival.name,
        options: rival.runs[0]?.config.options,
        accuracy: looks.map((step) => spreadOf(rival.runs.map((run) => valueAt(run, measure, step)))),
        stepsToTarget: orNull(reached.steps.median),
        secondsToTarget: orNull(reached.seconds.median),
        msPerStep: spreadOf(rival.runs.map(msPerStep)).median,
      };
    }),
  };
}

const percent = (value: number) => (100 * value).toFixed(2);

/** One race as a table. */
export function studyTable({ rivals, target, looks }: Outcome): string {
  const goal = `${Math.round(100 * target)} %`;
  const head = ["", ...looks.map((step) => `step ${step}`), `steps to ${goal}`, `seconds to ${goal}`, "ms a step"]; // biome-ignore format: one row
  const rows = rivals.map((rival) => [
    names[rival.name] ?? rival.name,
    ...rival.accuracy.map(({ median, low, high }) => `${percent(median)} [${percent(low)}–${percent(high)}]`),
    rival.stepsToTarget === null ? "not reached" : String(Math.round(rival.stepsToTarget)),
    rival.secondsToTarget === null ? "not reached" : seconds(rival.secondsToTarget),
    rival.msPerStep.toFixed(1),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The note with its tables written anew: each stands between `<!-- mlp:512,256 1 -->` and `<!-- end -->`. */
export function withTables(note: string, { outcomes }: Study): string {
  return outcomes.reduce((text, outcome) => {
    const start = `<!-- ${outcome.model} ${outcome.epochs} -->`;
    const from = text.indexOf(start);
    const to = text.indexOf("<!-- end -->", from);
    if (from < 0 || to < 0) return text;
    return `${text.slice(0, from + start.length)}\n${studyTable(outcome)}\n${text.slice(to)}`;
  }, note);
}
