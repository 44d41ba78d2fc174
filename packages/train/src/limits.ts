/** How long a run is, and how often it does what. */

import { assertWhole, UsageError } from "@kronograd/tensor";

/** The lengths that a run may be given; the first that is reached ends it. */
export interface Limits {
  readonly steps?: number;
  /** Need not be whole. */
  readonly epochs?: number;
  /** Of training time. */
  readonly seconds?: number;
}

/**
 * The number of steps after which a run ends, infinite if only seconds limit it.
 *
 * @param perEpoch  steps in an epoch
 * @throws {UsageError} no limit, or one that is not a number above 0
 * @example
 * stepLimit({ epochs: 2, seconds: 60 }, 468);   // 936
 */
export function stepLimit({ steps, epochs, seconds }: Limits, perEpoch: number): number {
  if (steps === undefined && epochs === undefined && seconds === undefined) {
    throw new UsageError({
      where: "fit",
      problem: "no limit was given, so the run would never end",
      help: "Pass steps, epochs or seconds.",
    });
  }
  if (steps !== undefined) assertPeriod("steps", steps);
  for (const [name, value] of Object.entries({ epochs, seconds })) {
    if (value === undefined || value > 0) continue;
    throw new UsageError({ where: "fit", problem: `${name} must be a number above 0`, got: value });
  }
  const { POSITIVE_INFINITY: endless } = Number;
  return Math.min(steps ?? endless, epochs === undefined ? endless : Math.ceil(epochs * perEpoch));
}

/** Check a number of steps. @throws {UsageError} it is not a whole number ≥ 1 */
export function assertPeriod(name: string, value: number): void {
  assertWhole("fit", name, value);
}
