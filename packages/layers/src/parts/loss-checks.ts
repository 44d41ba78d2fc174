/** Checks that losses share. */

import { assertShape, type Tensor, UsageError } from "@kronograd/tensor";

/** How a loss adds up over a batch: the mean over examples, or the sum of everything. */
export type LossReduction = "mean" | "sum";

/** Check targets that hold one value for each output: broadcasting [N] against [N, 1] would be a silent mistake. */
export function checkTargets(where: string, outputs: Tensor, targets: Tensor): void {
  assertShape(where, "targets must have the shape of the outputs", outputs.shape, targets.shape);
}

/** Check an option of a loss. */
export function checkReduction(where: string, reduction: LossReduction): void {
  if (reduction === "mean" || reduction === "sum") return;
  throw new UsageError({ where, problem: "reduction is not known", expected: '"mean" or "sum"', got: reduction });
}

/** Check weights of classes or outputs. @throws {UsageError} one is not a number above 0 */
export function checkPositive(where: string, name: string, weights: number | readonly number[]): void {
  const wrong = [weights].flat().find((weight) => !(weight > 0 && weight < Number.POSITIVE_INFINITY));
  if (wrong === undefined && [weights].flat().length > 0) return;
  throw new UsageError({ where, problem: `${name} must be above 0`, got: wrong ?? "none" });
}
