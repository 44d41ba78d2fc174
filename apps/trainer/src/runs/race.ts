/**
 * Runs that advance in turn, from evaluation to evaluation, in one process: a race, or a single run.
 *
 * Only one rival computes at a time, and each counts its own seconds, so none is slowed down by the others.
 */

import type { RunEvent } from "@kronograd/train";
import type { Entry } from "./entry.ts";

/** How one run ended in this process. */
export interface Outcome {
  readonly entry: Entry;
  readonly reason: "done" | "stopped" | "diverged";
  /** Why it diverged; empty else. */
  readonly text: string;
}

const breath = 25; // milliseconds of work between two looks at signals and the terminal

/**
 * Run all entries to their ends.
 *
 * @param onEvent  called with each event after it was written down
 * @param signal   once it is aborted, no run is begun that has not been
 */
export async function runInTurn(
  entries: readonly Entry[],
  onEvent: (event: RunEvent, entry: Entry) => void,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes = new Map<Entry, Outcome>();
  const begun = new Set<Entry>();
  let rested = performance.now();
  /** Go on to the next evaluation. */
  const advance = async (entry: Entry): Promise<void> => {
    for (;;) {
      const event = await entry.next();
      if (event === undefined) return;
      onEvent(event, entry);
      if (event.type === "end") outcomes.set(entry, { entry, reason: event.reason, text: event.text });
      if (performance.now() - rested > breath) {
        await new Promise((resolve) => setImmediate(resolve)); // Ctrl-C is heard here
        rested = performance.now();
      }
      if (event.type === "eval" && event.split === "test") return;
    }
  };
  for (const entry of entries) if (entry.isFinished) outcomes.set(entry, { entry, reason: "done", text: "" });
  while (outcomes.size < entries.length) {
    for (const entry of entries) {
      if (outcomes.has(entry)) continue;
      if (signal.aborted && !begun.has(entry)) outcomes.set(entry, { entry, reason: "stopped", text: "" });
      else {
        begun.add(entry);
        await advance(entry);
      }
    }
  }
  return entries.map((entry) => outcomes.get(entry) as Outcome);
}
