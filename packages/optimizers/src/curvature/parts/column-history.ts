/**
 * What SKFAC remembers of earlier batches: a running average of their columns, at most `rank` of them. Without one it sees the
 * last batch alone, as published.
 *
 * A value, so that a program without it holds neither the average nor the eigenvalues that the cap takes.
 */

import type { SecondMoment } from "@kronograd/linalg";
import * as option from "../../options/option-kinds.ts";
import { checkOptions, described, type OptionsOf } from "../../options/options.ts";
import { averageColumns } from "./column-moment.ts";
import { truncationFlops } from "./flops.ts";
import { blend, decayAt } from "./running-average.ts";
import { startHelp, startOption } from "./start-option.ts";

const checks = {
  start: startOption,
  rank: option.integer({ default: 32, min: 1 }),
  decay: option.number({ default: 0.9, min: 0, below: 1 }),
};

/** The options of `columnHistory`. */
export const columnHistoryOptions = /* @__PURE__ */ described(checks, {
  start: startHelp,
  rank: "columns kept in the running average",
  decay: "ρ of the running average of columns",
});

/** How one side's moment goes on from batch to batch. */
export interface ColumnHistory {
  /** Most columns to keep. */
  readonly rank: number;
  /** Its cost, for the choice between columns and matrices. */
  readonly truncation: typeof truncationFlops;
  /** What was kept and what a batch brings as one moment, in the form of what was kept. @param batches  so far, from 1 */
  join(old: SecondMoment | null, now: SecondMoment, batches: number): SecondMoment;
}

/**
 * Keep a running average of columns.
 *
 * @throws {UsageError} an option out of range
 * @source Le Roux, Manzagol & Bengio (2007), "Topmoumoute online natural gradient algorithm", §3.2
 * @cost none until the rank is reached, then a truncation each time (columns.ts)
 * @example
 * precondition(leanSkfac({}, { history: columnHistory({ rank: 32 }) }), { examples: someExamples(32) });
 */
export function columnHistory(options: OptionsOf<typeof columnHistoryOptions> = {}): ColumnHistory {
  const { start, rank, decay } = checkOptions("columnHistory", options, checks);
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
