/** Statistics that are not finite never reach a state. */

import { frobenius2, scope, type Tensor, tensorsIn } from "@kronograd/tensor";
import type { StateTree } from "../state/state.ts";

/**
 * Look at the numbers and tensors of a tree.
 *
 * @returns false where one is not finite, or the sum of a tensor's squares; true where all are; on a device that must be
 *   waited for those sums, [] each, on which the whole step then depends
 */
export function finiteness(tree: StateTree | undefined): boolean | readonly Tensor[] {
  if (tree === undefined) return true;
  const values = [...tensorsIn(tree)];
  if (!numbersIn(tree).every(Number.isFinite)) return false;
  if (values.every((t) => t.device.backend.host !== undefined))
    return scope(() => values.every((t) => Number.isFinite(frobenius2(t).itemSync())));
  return values.map((t) => frobenius2(t));
}

/** Both looks as one. */
export function bothFinite(
  a: boolean | readonly Tensor[],
  b: () => boolean | readonly Tensor[],
): boolean | readonly Tensor[] {
  if (a === false) return false;
  const other = b();
  if (a === true || other === false) return other;
  return other === true ? a : [...a, ...other];
}

function numbersIn(tree: StateTree): number[] {
  if (typeof tree === "number") return [tree];
  if (typeof tree !== "object" || tree === null || "storage" in tree) return [];
  return Object.values(tree).flatMap((value) => numbersIn(value as StateTree));
}
