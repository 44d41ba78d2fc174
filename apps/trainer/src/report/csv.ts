/** The measurements of all runs as comma-separated values. */

import { allRuns, type ReportData } from "./run-data.ts";

const header = [
  "rival",
  "seed",
  "step (steps)",
  "examples (examples)",
  "seconds (s of training)",
  "test loss",
  "test accuracy (0-1)",
  "training loss (mean since the last row)",
];

/**
 * One row for each evaluation of each run, to nine digits (all that float32 has). (Every step is in the runs' own metrics.csv.)
 */
export function measurementsCsv(data: Pick<ReportData, "rivals">): string {
  const rows = allRuns(data).flatMap((run) => {
    let previous = 0;
    return run.evals.map(({ step, examples, seconds, loss, metrics }) => {
      const losses = run.steps.flatMap((each) =>
        each.step > previous && each.step <= step && each.loss !== undefined ? [each.loss] : [],
      );
      previous = step;
      const mean = losses.length === 0 ? "" : losses.reduce((a, b) => a + b, 0) / losses.length;
      return [run.rival, run.seed ?? "", step, examples, seconds, loss, metrics.accuracy ?? "", mean];
    });
  });
  return [header, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

/** Quotes where needed; a text that a spreadsheet would run as a formula gets an apostrophe. */
function cell(value: string | number): string {
  if (typeof value === "number") return String(Number(value.toPrecision(9)));
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A link that holds the file itself. */
export const csvLink = (csv: string): string =>
  `data:text/csv;charset=utf-8,${encodeURIComponent(csv).replaceAll("%2C", ",").replaceAll("%20", " ").replaceAll("%3A", ":")}`;
