/**
 * SKFAC's memory of earlier batches: a running average of their columns, at most `rank` of them. Without one it sees the
 * last batch alone, as published.
 *
 * A value, so that a program without it holds neither the average nor the eigenvalues that the cap takes.
 */

import type { SecondMoment } from "@kronograd/linalg";
import { averageColumns } from "./column-moment.ts";
import { truncationFlops } from "./flops.ts";
import { type AverageStart, blend, decayAt } from "./running-average.ts";

/** Options of `columnHistory`; ranges are checked by `skfacCurvature`. */
export interface HistoryOptions {
  /** How the average begins; default "first". */
  readonly start?: AverageStart;
  /** Columns kept, ≥ 1; default 32. */
  readonly rank?: number;
  /** ρ of the running average, in [0, 1); default 0.9. */
  readonly decay?: number;
}

/** How one side's moment goes on from batch to batch. */
export interface ColumnHistory {
  /** Most columns to keep. */
  readonly rank: number;
  /** Its cost, for the choice between columns and matrices. */
  readonly truncation: typeof truncationFlops;
  /** The kept moment and a batch's as one, in the form of what was kept. @param batches  so far, from 1 */
  join(old: SecondMoment | null, now: SecondMoment, batches: number): SecondMoment;
}

/**
 * Keep a running average of columns.
 *
 * @source Le Roux, Manzagol & Bengio (2007), "Topmoumoute online natural gradient algorithm", §3.2
 * @cost none until the rank is reached, then a truncation each time (column-moment.ts)
 * @example
 * preconditionPlainly(leanSkfac({}, { history: columnHistory({ rank: 32 }) }), { examples: someExamples(32) });
 */
export function columnHistory({ start = "first", rank = 32, decay = 0.9 }: HistoryOptions = {}): ColumnHistory {
  return {
    rank,
    truncation: truncationFlops,
    join(old, now, batches) {
      const rho = decayAt(start, decay, batches);
      if (now.form === "primal") return { ...now, M: blend(old?.form === "primal" ? old.M : null, now.M, rho) };
      return { ...now, Xt: averageColumns(old?.form === "dual" ? old.Xt : null, now.Xt, rho, rank) };
    },
  };
}
