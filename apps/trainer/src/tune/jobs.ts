/** Rows that are shared out among child processes, each with the data loaded once. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { KronogradError } from "@kronograd/tensor";
import type { Trial, TunedRow } from "./row.ts";

/** Runs trials one after the other, or several at a time. */
export type TrialRunner = (
  trials: readonly Trial[],
  onRow: (row: TunedRow) => void,
  signal: AbortSignal,
) => Promise<void>;

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** One trial after the other, in this process. */
export function inThisProcess(run: (trial: Trial, signal: AbortSignal) => Promise<TunedRow>): TrialRunner {
  return async (trials, onRow, signal) => {
    for (const trial of trials) {
      const row = await run(trial, signal);
      if (signal.aborted) return;
      onRow(row);
    }
  };
}

/**
 * So many trials at a time, each in a child process with the same command line.
 *
 * @throws {KronogradError} a child process ended early
 */
export function inChildren(jobs: number, argv: readonly string[]): TrialRunner {
  return async (trials, onRow, signal) => {
    const queue = [...trials];
    const work = (child: ChildProcess) =>
      new Promise<void>((resolve, reject) => {
        const next = () => {
          const trial = signal.aborted ? undefined : queue.shift();
          if (trial === undefined) child.disconnect();
          else child.send(trial);
        };
        child.on("message", (message) => {
          if (message !== "ready") onRow(message as TunedRow);
          next();
        });
        child.on("error", reject);
        child.on("exit", (code) => {
          if (code === 0 || signal.aborted) resolve();
          else
            reject(
              new KronogradError({ where: "tune", problem: "a child process ended early", got: `exit code ${code}` }),
            );
        });
        signal.addEventListener("abort", () => child.kill("SIGTERM"));
      });
    await Promise.all(
      Array.from({ length: Math.min(jobs, queue.length) }, () => work(fork(main, [...argv, "--child"]))),
    );
  };
}

/** The other end: take trials from the parent until it hangs up. */
export function serveTrials(run: (trial: Trial) => Promise<TunedRow>): Promise<void> {
  return new Promise((resolve) => {
    process.on("message", async (trial) => {
      const row = await run(trial as Trial);
      if (process.connected) process.send?.(row);
    });
    process.on("disconnect", resolve);
    process.send?.("ready");
  });
}
