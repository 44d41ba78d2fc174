/** Checks of numbers that many options share. */

import { UsageError } from "../errors.ts";

/** Check that a number is whole and not too small. @throws {UsageError} with the name and the bound */
export function assertWhole(where: string, name: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UsageError({
    where,
    problem: `${name} must be a whole number ≥ ${least}`,
    got: value,
    details: { [name]: value },
  });
}
