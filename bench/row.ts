/** One line of the result: a case, this project against one rival, and whether the target is met. */

import { type Bound, targetOf } from "./targets.ts";

export interface Row {
  readonly topic: string;
  readonly case: string;
  /** In `unit`; null where nothing was measured. */
  readonly ours: number | null;
  readonly rival: number | null;
  readonly rivalName: string;
  /** How many times faster (smaller, for bytes) we are: above 1 is good. The median of paired ratios. */
  readonly ratio: number | null;
  /** What `ratio` must reach. */
  readonly target: number | null;
  readonly met: boolean | null;
  readonly unit: string;
  /** The ratio that a tenth of the rounds exceed: what the code can do. */
  readonly p90: number | null;
  /** A ratio that the machine itself reached beside ours, without which ours means little. */
  readonly control: number | null;
  /** Why something is missing. */
  readonly note: string | null;
  /** The table shows 1/ratio: what we cost, where the rival is a part of us or a limit. */
  readonly cost: boolean;
}

/** What was measured, before it is judged. */
export interface Measured {
  readonly topic: string;
  readonly case: string;
  readonly rivalName: string;
  readonly unit: string;
  readonly ours?: number;
  readonly rival?: number;
  readonly ratio?: number;
  readonly p90?: number;
  readonly control?: number;
  readonly note?: string;
  readonly cost?: boolean;
}

/** Put a measurement beside its target. */
export function judge(measured: Measured, target: Bound | undefined = targetOf(measured)): Row {
  const { ours = null, rival = null, ratio = null, p90 = null, control = null, note = null } = measured;
  const wanted = target === undefined ? null : "atLeast" in target ? target.atLeast : 1 / target.atMost;
  return {
    topic: measured.topic,
    case: measured.case,
    ours,
    rival,
    rivalName: measured.rivalName,
    ratio,
    target: wanted,
    met: wanted === null || ratio === null ? null : ratio >= wanted,
    unit: measured.unit,
    p90,
    control,
    note,
    cost: measured.cost ?? (target !== undefined && "atMost" in target),
  };
}

/** The rival of a plain number. */
export const limitName = "limit";

/** A number against a limit that it should not exceed, if there is one; the ratio is the limit's to it. */
export function judgeLimit(measured: Omit<Measured, "rivalName" | "rival" | "ratio"> & { readonly ours: number }): Row {
  const { ours } = measured;
  const target = targetOf({ ...measured, rivalName: limitName });
  if (target === undefined || !("atMost" in target)) return judge({ ...measured, rivalName: "" }, undefined);
  const limit = target.atMost;
  const ratio = ours <= 0 ? 1 : limit / ours; // nothing used of nothing allowed is met too
  return judge({ ...measured, rivalName: limitName, rival: limit, ratio }, { atLeast: 1 });
}

/** One line of `--json`. */
export function toJson(row: Row): string {
  const { cost: _, ...fields } = row;
  return JSON.stringify(fields, (_key, value) => (typeof value === "number" ? Number(value.toPrecision(5)) : value));
}
