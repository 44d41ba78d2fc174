/** The head of the report: what came out, in sentences, and the numbers behind them. */

import { type Html, html, named, type Piece, type Spread, spreadOf, spreadText, table } from "@kronograd/figures";
import * as format from "@kronograd/figures/format";
import { measureOf, msPerStep, stepAtShare, targetsOf, timeTo, totalSteps, valueAt } from "../measure.ts";
import type { ReportData, Rival } from "../run-data.ts";
import { resultNote, resultSentences } from "../sentences.ts";

/** What the report is about, in one line. */
export function subject(data: ReportData): string {
  const config = data.rivals[0]?.runs[0]?.config ?? {};
  const what = { run: "Run", race: "Race", overlay: "Runs" }[data.kind];
  const parts = [`${what} of ${format.listing(data.rivals.map(({ label }) => label))}`, config.data, config.model];
  return parts.filter((part) => typeof part === "string").join(" · ");
}

/** The sentence-form result. */
export function header(data: ReportData): Html {
  const [first, ...rest] = resultSentences(data);
  return html`<header><p class="subject">${subject(data)}</p>
<h1>${unbroken(first ?? "")}</h1>
${rest.map((sentence) => html`<p class="lead">${unbroken(sentence)}</p>`)}
<p class="note">${resultNote(data)}</p></header>`;
}

/** Keep names such as K-FAC, and "150 / 4.6 s", on one line. */
const unbroken = (text: string): Piece =>
  text
    .split(/(\w+-\w+|[\d,]+(?: steps)? \/ \S+)/)
    .map((part, i) => (i % 2 === 1 ? html`<span class="whole">${part}</span>` : part));

/** One row for each rival: measured at a quarter, half and the end, cost of a step; and the time to each target. */
export function summary(data: ReportData): Html {
  const measure = measureOf(data);
  const shares = [0.25, 0.5].map((share) => ({ share: `${share * 100}\u202F%`, step: stepAtShare(data, share) }));
  const moments = [...shares, { share: "the end", step: totalSteps(data) }];
  const { reference, times } = costAgainst(data);
  const head: Piece[] = [
    "",
    ...moments.map(({ share, step }) => html`${measure.name} at ${share} <small>step ${format.count(step)}</small>`),
    html`time of a step <small>ms</small>`,
    html`times ${reference}`,
  ];
  const rows = data.rivals.map((rival, i) => [
    named(rival),
    ...moments.map(({ step }) =>
      spreadText(spreadOf(rival.runs.map((run) => valueAt(run, measure, step))), measure.format, "diverged"),
    ),
    spreadText(costOf(rival), format.ms, "–"),
    Number.isFinite(times[i]) ? `${format.ms(times[i] as number)}×` : "–",
  ]);
  return html`<section><h2>Summary</h2>${table(`Results${seedsOf(data)}`, head, rows, "summary")}
${timesToTargets(data)}</section>`;
}

function timesToTargets(data: ReportData): Html | null {
  const measure = measureOf(data);
  const { levels } = targetsOf(data, measure);
  if (levels.length === 0) return null;
  const head = levels.flatMap((target) => [
    html`${measure.formatLevel(target)} <small>steps</small>`,
    html`${measure.formatLevel(target)} <small>seconds</small>`,
  ]);
  const rows = data.rivals.map((rival) => [
    named(rival),
    ...levels.flatMap((target) => {
      const { steps, seconds } = timeTo(rival, measure, target);
      return [
        spreadText(steps, format.count, "not reached"),
        spreadText(seconds, (value) => format.seconds(value), "not reached"),
      ];
    }),
  ]);
  return table(`Steps and seconds to each level of ${measure.name}${seedsOf(data)}`, ["", ...head], rows, "summary");
}

const costOf = (rival: Rival): Spread => spreadOf(rival.runs.map(msPerStep));

/** The cost of a step against SGD, or against the cheapest where nobody is called sgd. */
function costAgainst(data: ReportData): { reference: string; times: number[] } {
  const costs = data.rivals.map((rival) => costOf(rival).median);
  const sgd = data.rivals.findIndex(({ name }) => name === "sgd");
  const of = sgd >= 0 ? sgd : costs.indexOf(Math.min(...costs.filter(Number.isFinite)));
  return {
    reference: data.rivals[of]?.label ?? "the cheapest",
    times: costs.map((cost) => cost / (costs[of] ?? Number.NaN)),
  };
}

function seedsOf(data: ReportData): string {
  const seeds = Math.max(...data.rivals.map(({ runs }) => runs.length));
  return seeds > 1 ? `: median [lowest–highest] of ${seeds} seeds` : "";
}
