/** Checks that losses share. */

import { ShapeError, sameShape, type Tensor, UsageError } from "@kronograd/tensor";

/** How a loss adds up over a batch: the mean over examples, or the sum of everything. */
export type LossReduction = "mean" | "sum";

/** Check targets that hold one value for each output: broadcasting [N] against [N, 1] would be a silent mistake. */
export function checkTargets(where: string, outputs: Tensor, targets: Tensor): void {
  if (sameShape(outputs.shape, targets.shape)) return;
  throw new ShapeError({
    where,
    problem: "targets must have the shape of the outputs",
    expected: outputs.shape,
    got: targets.shape,
  });
}

/** Check an option of a loss. */
export function checkReduction(where: string, reduction: LossReduction): void {
  if (reduction === "mean" || reduction === "sum") return;
  throw new UsageError({ where, problem: "reduction is not known", expected: '"mean" or "sum"', got: reduction });
}

/** N for a mean over N examples, 1 for a sum: see `Loss.lossScale`. */
export function scaleOf(reduction: LossReduction, outputs: Tensor): number {
  return reduction === "mean" ? (outputs.shape[0] ?? 1) : 1;
}
