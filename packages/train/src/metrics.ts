/** The numbers of a run as a table: one row for each step and evaluation, units in the header. */

import type { RunEvent } from "./events.ts";

const columns = [
  "event",
  "step (steps)",
  "examples (examples)",
  "seconds (s of training)",
  "learning rate",
  "loss",
  "accuracy (0-1)",
  "gradient norm",
  "damping",
] as const;

/**
 * Step and eval events as comma-separated values.
 *
 * @example
 * metricsCsv(events).split("\n")[0];   // the header
 */
export function metricsCsv(events: readonly RunEvent[]): string {
  const rows = events.flatMap((event): (string | number | undefined)[][] => {
    if (event.type === "step") {
      const { step, examples, seconds, learningRate, loss, gradNorm, reported } = event;
      return [["step", step, examples, seconds, learningRate, loss, undefined, gradNorm, reported.damping]];
    }
    if (event.type === "eval")
      return [["eval", event.step, event.examples, event.seconds, undefined, event.loss, event.accuracy]];
    return [];
  });
  const line = (cells: readonly (string | number | undefined)[]) => columns.map((_, i) => cells[i] ?? "").join(",");
  return [line(columns), ...rows.map(line)].map((text) => `${text}\n`).join("");
}
