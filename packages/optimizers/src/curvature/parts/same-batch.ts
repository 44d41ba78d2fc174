/**
 * A batch's gradient under the curvature of that same batch: push-through on the gradient's factors, which forms neither the
 * gradient nor anything of size d × d (`pushThrough` of linalg).
 */

import type { Block } from "@kronograd/autograd";
import { pushThrough, type Woodbury } from "@kronograd/linalg";
import { scale } from "@kronograd/tensor";
import { type Direction, type DirectionFactors, factoredDirection, lastOf } from "../../direction.ts";

/**
 * Precondition a batch's factored gradient by the factors of that same batch, X = aᵀ/√B and Y = gᵀ/√B. Where both inverses
 * are through columns, the direction's inner product with its gradient comes along.
 *
 * @cost as pushThrough
 */
export function preconditionSameBatch(block: Block, gradient: Direction, G: Woodbury, A: Woodbury): Direction {
  const factors = gradient.factors as DirectionFactors;
  const { g, a, hasBias } = factors;
  const pushed = pushThrough(G, A, { g, a, scale: factors.scale, last: hasBias ? () => lastOf(factors) : undefined });
  const { overlap, last = factors.last, ...rows } = pushed;
  const product = overlap && scale(overlap, (factors.scale * (g.shape[0] as number)) ** 2);
  return factoredDirection(block, { ...rows, last, hasBias }, product && { with: gradient, product });
}
