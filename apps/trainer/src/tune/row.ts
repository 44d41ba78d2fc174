/** One row of a tuning: one rival at one grid point with one seed, trained and looked at three times. */

import { openOptimizer } from "@kronograd/experiment";
import { disposeModel } from "@kronograd/layers";
import { Rng } from "@kronograd/tensor";
import { fit } from "@kronograd/train";
import type { OpenExperiment } from "../opening/experiment.ts";
import type { GridPoint } from "./grid.ts";

/** What is to be tried. */
export interface Trial {
  readonly rival: string;
  readonly options: GridPoint;
  readonly seed: number;
}

/** What came out. */
export interface TunedRow extends Trial {
  /** Validation accuracy (or loss, in regression) at 25, 50 and 100 % of the steps; null where it had diverged. */
  readonly at: readonly (number | null)[];
  /** The mean of the three, higher is better; null for a run that diverged. */
  readonly score: number | null;
  readonly reason: string;
}

const shares = [0.25, 0.5, 1];

/** Train one row. Nothing is written to disk. */
export async function runTrial(
  experiment: OpenExperiment,
  { rival, options, seed }: Trial,
  signal: AbortSignal,
): Promise<TunedRow> {
  const { settings, data, device, loss } = experiment;
  const root = new Rng(seed);
  const model = experiment.model({ rng: root.fork("weights"), device, dtype: settings.dtype });
  const make = await openOptimizer(rival, options, { steps: settings.limit, schedule: settings.schedule });
  using optimizer = make();
  const wanted = shares.map((share) => Math.ceil(share * settings.limit));
  const seen = new Map<number, number>();
  let reason = "stopped";
  const stream = fit({
    model,
    loss,
    data,
    optimizer,
    batch: settings.batch,
    steps: settings.limit,
    rng: root.fork("run"),
    evaluateEvery: wanted[0] as number, // half and end are multiples of it, or the end itself
    signal,
  });
  for await (const event of stream) {
    if (event.type === "eval") seen.set(event.step, event.metrics.accuracy ?? -event.loss);
    if (event.type === "end") reason = event.reason;
    if (event.type === "step" && event.step % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  disposeModel(model);
  const steps = [...seen.keys()];
  const nearest = (step: number) =>
    steps.reduce((best, each) => (Math.abs(each - step) < Math.abs(best - step) ? each : best));
  const at = wanted.map((step) => (reason === "done" ? (seen.get(nearest(step)) as number) : null));
  const isWhole = at.every((value) => value !== null && Number.isFinite(value));
  const score = isWhole ? at.reduce((sum: number, value) => sum + (value as number), 0) / at.length : null;
  return { rival, options, seed, at, score, reason };
}
