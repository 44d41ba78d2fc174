/** Early stopping: a run ends when its validation rows have not become better for a while. */

import { UsageError } from "@kronograd/tensor";

/** When to stop. Made by `earlyStopping`. */
export interface EarlyStopping {
  /** "loss", or the name of a metric. */
  readonly metric: string;
  /** Evaluations without a better one that end the run. */
  readonly patience: number;
  /** How much better an evaluation must be to count as better. */
  readonly minDelta: number;
}

/** Where a run stands: plain data, kept by checkpoints. */
export interface StoppingState {
  /** The best number so far, or null before the first. */
  readonly best: number | null;
  /** Evaluations since then. */
  readonly waited: number;
}

/**
 * Stop after `patience` evaluations in a row that are not better than the best before them by more than `minDelta`.
 *
 * @throws {UsageError} patience is not a whole number ≥ 1, or minDelta is negative
 * @example
 * fit({ ...options, epochs: 100, earlyStopping: earlyStopping({ metric: "accuracy", patience: 3 }) });
 */
export function earlyStopping({
  metric = "loss",
  patience = 5,
  minDelta = 0,
}: Partial<EarlyStopping> = {}): EarlyStopping {
  const where = "earlyStopping";
  if (!Number.isSafeInteger(patience) || patience < 1) {
    throw new UsageError({ where, problem: "patience must be a whole number ≥ 1", got: patience });
  }
  if (!(minDelta >= 0 && minDelta < Number.POSITIVE_INFINITY)) {
    throw new UsageError({ where, problem: "minDelta must be a finite number ≥ 0", got: minDelta });
  }
  return { metric, patience, minDelta };
}

/** The state before any evaluation. */
export const freshStopping: StoppingState = { best: null, waited: 0 };

/** Take in an evaluation; one that is not finite is never better. */
export function stoppingAfter(
  state: StoppingState,
  value: number,
  better: "higher" | "lower",
  minDelta: number,
): StoppingState {
  if (isBetter(value, state.best, better, minDelta)) return { best: value, waited: 0 };
  return { ...state, waited: state.waited + 1 };
}

/** Whether a number is finite, and better than the best so far by more than `minDelta`. */
export function isBetter(value: number, best: number | null, better: "higher" | "lower", minDelta = 0): boolean {
  if (!Number.isFinite(value)) return false;
  if (best === null) return true;
  return better === "higher" ? value > best + minDelta : value < best - minDelta;
}
