/** One number for each of several seeds: the median, and the range they lie in. */

import { median } from "./statistics.ts";

/** Median and range over the seeds; a seed that diverged or did not get there stands in it as infinite. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly seeds: number;
}

/** Summarize one number for each seed. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values), seeds: values.length };
}

/**
 * A spread in words: the median, and of several seeds that differ their range in brackets, without units.
 *
 * @param without  said where a number is infinite; what was not measured is "–"
 * @example
 * spreadWords({ median: 2, low: 1, high: Infinity, seeds: 3 }, String, "never");   // { middle: "2", range: "[1–never]" }
 */
export function spreadWords(
  { median: middle, low, high, seeds }: Spread,
  format: (value: number) => string,
  without: string,
): { readonly middle: string; readonly range: string } {
  const show = (value: number) => (Number.isFinite(value) ? format(value) : Number.isNaN(value) ? "–" : without);
  const range = seeds < 2 || low === high ? "" : `[${bare(show(low))}–${bare(show(high))}]`;
  return { middle: show(middle), range };
}

/** A number without the unit behind its narrow space: none is needed in a range. */
export const bare = (text: string): string => text.replace(/\u202F.*$/, "");
