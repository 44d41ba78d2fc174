/**
 * Gradient accumulation: several micro-batches as one batch that would not fit.
 *
 * For a mean loss the gradient of the whole is Σₖ (nₖ/N) ∇ₖ, for a sum loss Σₖ ∇ₖ, so each micro-batch comes with its
 * weight. Dense gradients are added in place into one sum; factored ones keep their rows, as the whole batch would.
 */

import { partsGradient } from "@kronograd/autograd";
import { concat, dispatchInto, scale, type Tensor, UsageError, weightedSumOp } from "@kronograd/tensor";
import { type Direction, type DirectionFactors, factoredDirection, lastOf } from "../direction.ts";
import type { Updates } from "../transform.ts";

/**
 * Add a micro-batch's gradients to a sum.
 *
 * @param sum        what the last call returned (it is written to), or null to begin
 * @param gradients  of the micro-batch; they are only read
 * @param weight     examples of the micro-batch / examples of the step for a mean loss, 1 for a sum loss
 * @throws {UsageError} the two are not gradients of the same blocks
 * @example
 * let sum: Updates | null = null;
 * for (const batch of microBatches) {
 *   const { gradients } = valueAndGrad(() => loss(batch), parameters);
 *   sum = accumulate(sum, gradients, batch.size / total);
 * }
 */
export function accumulate(sum: Updates | null, gradients: Updates, weight: number): Updates {
  if (sum !== null) assertSameBlocks(sum, gradients);
  return new Map([...gradients].map(([name, gradient]) => [name, join(sum?.get(name), gradient, weight)]));
}

function join(sum: Direction | undefined, { block, factors, parts }: Direction, weight: number): Direction {
  if (factors !== undefined && (sum === undefined || sum.factors !== undefined)) {
    return factoredDirection(block, joinFactors(sum?.factors, factors, weight));
  }
  if (sum === undefined)
    return partsGradient(
      block,
      parts().map((part) => scale(part, weight)),
    );
  const totals = sum.parts();
  parts().forEach((part, i) => {
    const total = totals[i] as Tensor;
    dispatchInto(weightedSumOp, [total], [total, part], { a: 1, b: weight });
  });
  return partsGradient(block, totals);
}

/**
 * Rows of both, under the first scale that is not 0. The weight of those that follow goes into their rows, where it differs;
 * rows of weight 0 become zeros once others join them.
 */
function joinFactors(sum: DirectionFactors | undefined, next: DirectionFactors, weight: number): DirectionFactors {
  const factor = next.scale * weight;
  if (sum === undefined) return { ...next, scale: factor };
  const common = sum.scale === 0 ? factor : sum.scale;
  const last = sum.last === undefined && next.last === undefined ? undefined : concat([lastOf(sum), lastOf(next)], 0);
  return {
    g: concat([inScale(sum.g, sum.scale, common), inScale(next.g, factor, common)], 0),
    a: concat([sum.a, next.a], 0),
    scale: common,
    hasBias: sum.hasBias,
    last,
  };
}

/** Rows whose product counts `factor` times, where the product of all counts `common` times. */
const inScale = (g: Tensor, factor: number, common: number): Tensor =>
  factor === common ? g : scale(g, factor / common);

function assertSameBlocks(sum: Updates, gradients: Updates): void {
  const wanted = [...sum.keys()];
  const got = [...gradients.keys()];
  if (wanted.length === got.length && wanted.every((name) => gradients.has(name))) return;
  throw new UsageError({
    where: "accumulate",
    problem: "micro-batches have gradients of other blocks",
    expected: wanted,
    got,
  });
}
