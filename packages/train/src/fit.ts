/**
 * Training as an asynchronous stream of events.
 *
 * The stream does nothing until it is read, one step at a time, so whoever reads it sets the pace: a race advances its
 * rivals in turn, a page draws between steps, and closing the stream stops the run. Everything random comes from streams
 * forked off the run's own by name and step, so a resumed run needs no generator's state beyond the step.
 */

import type { Loss } from "@kronograd/autograd";
import type { Dataset } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import type { Optimizer } from "@kronograd/optimizers";
import { type Rng, type Tree, UsageError } from "@kronograd/tensor";
import type { EarlyStopping } from "./early-stopping.ts";
import type { Evaluation } from "./evaluate.ts";
import type { RunEvent } from "./events.ts";
import type { Limits } from "./limits.ts";
import type { Metric } from "./metric.ts";
import { Run } from "./run.ts";
import type { Best } from "./run-state.ts";

/** What `fit` needs; of `steps`, `epochs` and `seconds` at least one. */
export interface FitOptions extends Limits {
  readonly model: Layer<Tree>;
  readonly loss: Loss;
  readonly data: Dataset;
  readonly optimizer: Optimizer;
  /** Rows in a batch. */
  readonly batch: number;
  /** Rows at a time, where a whole batch would not fit into memory (default: the batch); the gradient is that of the batch. */
  readonly microBatch?: number;
  /** Decides the order of batches and every other random draw of the run; it does not advance. */
  readonly rng: Rng;
  /** Steps between evaluations (default: one epoch); the start and the end are always evaluated. */
  readonly evaluateEvery?: number;
  /** What evaluations measure beside the loss (default: accuracy for labels, R² for numbers). */
  readonly metrics?: readonly Metric[];
  /**
   * Share of the training rows that is held out for validation where the data set has no such rows (default 0.1, of each class
   * alike). Rows are held out if this is given, or where something is decided by an evaluation: `until`, `earlyStopping`,
   * `saveBest`, `checkpoint.best`.
   */
  readonly validation?: number;
  /** "loss" (default) or the name of a metric: which evaluation of the validation rows is the best. */
  readonly best?: string;
  /**
   * Leave out the rows at the end of an epoch that do not fill a batch (default true: all steps see equally many rows, which
   * curvature statistics like). With shuffling they are other rows every epoch, and evaluations see every row.
   */
  readonly dropLast?: boolean;
  /** Ends the run, as done, where the validation rows have not become better for a while. */
  readonly earlyStopping?: EarlyStopping;
  /** Ends the run, as done, after the first evaluation of the validation rows for which it is true. */
  readonly until?: (evaluation: Evaluation) => boolean;
  /** Steps between phase events (default 50). */
  readonly profileEvery?: number;
  readonly checkpoint?: CheckpointPlan;
  /** Gets the weights, as `saveWeights` writes them, after each evaluation of the validation rows that is the best so far. */
  readonly saveBest?: (weights: Uint8Array, best: Best) => void | Promise<void>;
  /** A checkpoint to go on from. */
  readonly resume?: { readonly bytes: Uint8Array; readonly file: string };
  /**
   * Go on from a checkpoint of a run with other options (default false: a CheckpointError names them). What differs is told
   * in a notice. An optimizer of another kind begins without a state.
   */
  readonly allowChanges?: boolean;
  /** Abort to finish the step, write a checkpoint and end. */
  readonly signal?: AbortSignal;
  /** Name in a race; put on every event. */
  readonly rival?: string;
  /** Skipped steps in a row, or steps in a row with ten times the first loss, that end the run (default 20). */
  readonly patience?: number;
}

/** When checkpoints are made, beside the start and the end, and where their bytes go. */
export interface CheckpointPlan {
  /** Steps between checkpoints. */
  readonly every: number;
  /** Also after each evaluation of the validation rows that is the best so far. */
  readonly best?: boolean;
  /** Keep the bytes; returns where they went. */
  save(bytes: Uint8Array, info: { readonly step: number; readonly best: boolean }): string | Promise<string>;
}

/** A run: a stream of events, or, awaited, the promise of its last one. */
export type Training = AsyncGenerator<RunEvent, void, undefined> & PromiseLike<EndEvent>;

/** The last event of a run. */
export type EndEvent = Extract<RunEvent, { readonly type: "end" }>;

/**
 * Train a model: read the events to make it run, or await it to run to the end.
 *
 * On an asynchronous device a few steps are always under way, and each is told when its numbers arrive; evaluations and
 * checkpoints wait for all of them, so a run there tells what it tells elsewhere, but for rounding. A run that meets 20 steps in a row that
 * cannot be taken (see `trainStep`), or a loss above ten times its start for as long, ends with the reason "diverged".
 *
 * @throws {UsageError}      no limit was given, or a setting is out of range
 * @throws {ShapeError}      data and model do not fit together
 * @throws {CheckpointError} the checkpoint to resume from is damaged or of another run
 * @example
 * for await (const event of fit({ model, loss, data, optimizer: sgd({ learningRate: 0.1 }), batch: 128, epochs: 1, rng })) {
 *   if (event.type === "eval") console.log(event.step, event.split, event.metrics.accuracy);
 * }
 * @example
 * const rng = new Rng(0);
 * const end = await fit({
 *   model: mlp([2, 16, 2], { rng }), loss: softmaxCrossEntropy(), data: moons({ rng }), optimizer: adam(), batch: 50, epochs: 1, rng,
 * });
 * end.reason;   // "done"
 */
export function fit(options: FitOptions): Training {
  const events = eventsOf(options);
  let end: Promise<EndEvent> | undefined;
  return Object.assign(events, {
    // biome-ignore lint/suspicious/noThenProperty: whoever awaits a run means to run it
    then<A, B>(onEnd?: ((end: EndEvent) => A) | null, onError?: ((error: unknown) => B) | null) {
      end ??= endOf(events);
      return end.then(onEnd, onError);
    },
  }) as Training;
}

async function* eventsOf(options: FitOptions): AsyncGenerator<RunEvent, void, undefined> {
  const { rival } = options;
  for await (const event of new Run(options).events()) yield rival === undefined ? event : { ...event, rival };
}

async function endOf(events: AsyncGenerator<RunEvent, void, undefined>): Promise<EndEvent> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) {
      throw new UsageError({
        where: "fit",
        problem: "the stream was read to its end, or closed, before it was awaited",
        help: "Either read a run with for await, or await it.",
      });
    }
    if (value.type === "end") return value;
  }
}
