/** Checks of indices and labels. */

import { DtypeError, UsageError } from "../errors.ts";
import type { Spec } from "./op.ts";

/** Check the dtype of indices. @throws {DtypeError} they are not int32 */
export function assertIndices(where: string, { dtype }: Spec): void {
  if (dtype === "int32") return;
  throw new DtypeError({
    where,
    problem: "indices must be int32",
    expected: "int32",
    got: dtype,
    help: 'Use cast(x, "int32").',
  });
}

/** Check one index. @throws {UsageError} it is not in 0 … count−1 */
export function checkIndex(where: string, index: number, position: number, count: number): void {
  if (index >= 0 && index < count) return;
  throw new UsageError({
    where,
    problem: `index at position ${position} is out of range`,
    expected: `0 … ${count - 1}`,
    got: index,
    details: { index, position, count },
  });
}
