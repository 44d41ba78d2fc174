/** Options of a run. */

import type { Loss } from "@kronograd/autograd";
import type { Dataset, StreamedDataset } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import type { Optimizer } from "@kronograd/optimizers";
import type { Rng, Tree } from "@kronograd/tensor";
import type { EarlyStopping } from "./early-stopping.ts";
import type { Evaluation } from "./evaluate.ts";
import type { Limits } from "./limits.ts";
import type { Metric } from "./metric.ts";
import type { Best } from "./run-state.ts";

/** Options of `fit`; of `steps`, `epochs` and `seconds` at least one. */
export interface FitOptions extends Limits {
  readonly model: Layer<Tree>;
  readonly loss: Loss;
  readonly data: Dataset | StreamedDataset;
  readonly optimizer: Optimizer;
  /** Rows in a batch. */
  readonly batch: number;
  /** Rows at a time, where a whole batch would not fit into memory (default: the batch); the gradient is that of the batch. */
  readonly microBatch?: number;
  /** Decides the order of batches and every other random draw of the run; it does not advance. */
  readonly rng: Rng;
  /** Steps between evaluations (default: one epoch); the start and the end are always evaluated. */
  readonly evaluateEvery?: number;
  /** Metrics of evaluations besides the loss (default: accuracy for labels, R² for numbers). */
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
  /**
   * Tell in the plan how many bytes a step needs at its peak (default false). The first steps are gone through without
   * computing for it, so a loss, layer or transform of your own is called before the run, on ones in place of values.
   */
  readonly estimateMemory?: boolean;
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
