/** The rules of the race, and what the runs had to say: skipped steps, notices, ends. */

import { type Html, html, table } from "@kronograd/figures";
import { count, listing } from "@kronograd/figures/format";
import { csvLink, measurementsCsv } from "../csv.ts";
import { raceRules, ruleMarks } from "../rules.ts";
import { allRuns, type ReportData, type Run } from "../run-data.ts";

/** Each rule with whether it was met; a single run races against nobody. */
export function rulesSection(data: ReportData): Html | null {
  if (data.rivals.length < 2) return null;
  const rows = raceRules(data).map(({ rule, state, evidence }) => [
    rule,
    html`<span class="state ${state.replace(" ", "-")}"><b aria-hidden="true">${ruleMarks[state]}</b> ${state}</span>`,
    evidence,
  ]);
  return html`<section><h2>Rules of a fair race</h2>${table("Rules and whether each was met", ["rule", "", "because"], rows, "words rules hush")}</section>`;
}

/** Notices and skipped steps, equal ones told once. */
export function noticesSection(data: ReportData): Html {
  const told = new Map<string, Run[]>();
  for (const run of allRuns(data)) {
    for (const text of new Set(linesOf(run))) told.set(text, [...(told.get(text) ?? []), run]);
  }
  const lines = [...told].map(([text, runs]) => html`<li><b>${listing(runs.map(({ name }) => name))}</b> ${text}</li>`);
  return html`<section><h2>Notices and skipped steps</h2>${lines.length > 0 ? html`<ul class="notices">${lines}</ul>` : html`<p>None: no step was skipped, and no run had anything to say.</p>`}</section>`;
}

function linesOf(run: Run): string[] {
  const skipped =
    run.skipped.length === 0
      ? []
      : [
          `skipped ${run.skipped.length} ${run.skipped.length === 1 ? "step" : "steps"}, the first at step ${count(run.skipped[0]?.step ?? 0)}: ${run.skipped[0]?.what ?? ""}`,
        ];
  const ended =
    run.end === null
      ? ["has no end: the run was killed, or is still going"]
      : run.end.reason === "done"
        ? []
        : [`${run.end.reason} at step ${count(run.end.step)}${run.end.text === "" ? "" : `: ${run.end.text}`}`];
  return [
    ...run.notices.map(({ level, text }) => (level === "warn" ? `warning: ${text}` : text)),
    ...skipped,
    ...ended,
  ];
}

/** The link that saves the measurements. */
export function download(data: ReportData): Html {
  return html`<p class="download"><a download="measurements.csv" href="${csvLink(measurementsCsv(data))}">Measurements as CSV</a> <span class="note">one row for each evaluation of each seed; every step is in the runs' own metrics.csv.</span></p>`;
}
