/** From what was said about an experiment to everything that decides its numbers: defaults filled in, some of them by the data. */

import type { Dataset } from "@kronograd/data";
import { UsageError } from "@kronograd/tensor";
import { stepLimit } from "@kronograd/train";
import { defaultTarget } from "../opening/data.ts";
import type { ExperimentSettings } from "./settings.ts";
import { parseUntil, type Until } from "./until.ts";

/** An experiment with nothing left open. */
export interface Settled {
  readonly data: string;
  readonly task: ExperimentSettings["task"];
  readonly model: string;
  /** The text of the loss, where one was named. */
  readonly loss: string | undefined;
  readonly schedule: "linear" | "cosine" | "constant";
  readonly steps: number | undefined;
  readonly epochs: number | undefined;
  readonly seconds: number | undefined;
  /** Steps of each run, infinite where only seconds limit it. */
  readonly limit: number;
  readonly until: Until | undefined;
  readonly batch: number;
  readonly microBatch: number | undefined;
  readonly seeds: readonly number[];
  readonly dtype: "float32" | "float64";
  readonly evaluateEvery: number;
  readonly target: number;
}

/** Settings that say how long a run is. */
export const lengthKeys = ["steps", "epochs", "seconds"] as const;

/** The data set that is opened where none is named. */
export const defaultData = "mnist";

/**
 * Fill in what is left open; some of it depends on the data.
 *
 * @throws {UsageError} settings that contradict one another
 */
export function settle(given: ExperimentSettings, data: Dataset): Settled {
  const isImages = data.inputShape.length > 1;
  const batch = given.batch ?? (isImages ? 128 : Math.min(32, data.train.count));
  const length = lengthKeys.some((key) => given[key] !== undefined) ? given : isImages ? { epochs: 1 } : { steps: 500 };
  const { steps, epochs, seconds } = length as Pick<ExperimentSettings, (typeof lengthKeys)[number]>;
  const chosen = { ...(steps && { steps }), ...(epochs && { epochs }), ...(seconds && { seconds }) };
  const limit = stepLimit(chosen, Math.max(1, Math.floor(data.train.count / batch)));
  const isKnown = Number.isFinite(limit);
  if (!isKnown && given.schedule !== undefined && given.schedule !== "constant") {
    throw new UsageError({
      where: "--schedule",
      problem: `learning rates cannot fall over a run whose steps are not known`,
      got: given.schedule,
      help: "Give --steps or --epochs too, or --schedule constant.",
    });
  }
  const seed = given.seed ?? 0;
  const twentieth = isKnown ? Math.ceil(limit / 20) : 50;
  const text = given.data ?? defaultData;
  return {
    data: text,
    task: given.task,
    model: given.model ?? (isImages ? "mlp:128,64" : "mlp:32,32"),
    loss: given.loss,
    schedule: given.schedule ?? (isKnown ? "linear" : "constant"),
    steps,
    epochs,
    seconds,
    limit,
    until: given.until === undefined ? undefined : parseUntil(given.until),
    batch,
    microBatch: given.microBatch,
    seeds: Array.from({ length: given.seeds ?? 1 }, (_, i) => seed + i),
    dtype: given.dtype ?? "float32",
    evaluateEvery: given.evaluateEvery ?? (isImages ? Math.max(50, twentieth) : twentieth),
    target: given.target ?? defaultTarget(text),
  };
}
