/** The numbers of a run as a table: one row for each step and evaluation, units in the header. */

import type { RunEvent } from "./events.ts";

type Cell = string | number | undefined;

const before = [
  "event",
  "split",
  "step (steps)",
  "examples (examples)",
  "seconds (s of training)",
  "learning rate",
  "loss",
];
const after = ["gradient norm", "damping"];

/**
 * Step and eval events as comma-separated values, with a column for each metric that an evaluation has.
 *
 * @example
 * metricsCsv(events).split("\n")[0];   // the header
 */
export function metricsCsv(events: readonly RunEvent[]): string {
  const names = [...new Set(events.flatMap((event) => (event.type === "eval" ? Object.keys(event.metrics) : [])))];
  const columns = [...before, ...names, ...after];
  const rows = events.flatMap((event): Cell[][] => {
    if (event.type === "step") {
      const { step, examples, seconds, learningRate, loss, gradNorm, reported } = event;
      const empty = names.map(() => undefined);
      return [["step", "train", step, examples, seconds, learningRate, loss, ...empty, gradNorm, reported.damping]];
    }
    if (event.type !== "eval") return [];
    const { split, step, examples, seconds, loss, metrics } = event;
    return [["eval", split, step, examples, seconds, undefined, loss, ...names.map((name) => metrics[name])]];
  });
  const line = (cells: readonly Cell[]) => columns.map((_, i) => cells[i] ?? "").join(",");
  return [line(columns), ...rows.map(line)].map((text) => `${text}\n`).join("");
}
