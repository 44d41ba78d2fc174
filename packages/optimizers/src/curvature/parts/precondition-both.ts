/**
 * G⁻¹ ∇W A⁻¹ for the damped inverses of both sides: on a gradient's factors where that is cheaper, else on the gradient.
 *
 *     G⁻¹ (gᵀ a) A⁻¹ = (g G⁻¹)ᵀ (a A⁻¹)      g [n, o] · a [n, i] · ∇W [o, i]
 */

import { denseGradient } from "@kronograd/autograd";
import {
  type Woodbury,
  woodburyApply,
  woodburyApplyToRows,
  woodburyApplyToSplitRows,
  woodburySize,
} from "@kronograd/linalg";
import { permute, reshape, type Tensor } from "@kronograd/tensor";
import { type Direction, type DirectionFactors, factoredDirection, lastOf } from "../../direction.ts";
import { applyFlops, factorsAreCheaper } from "./flops.ts";

/**
 * Precondition a gradient from both sides.
 *
 * Where A is smaller than the gradient's rows, it acts on the channels of each of a kernel's taps alike.
 *
 * @cost on factors n (applyG + applyA), else i applyG + o applyA flops, beside forming the product
 */
export function preconditionBoth(gradient: Direction, G: Woodbury, A: Woodbury): Direction {
  const { block, factors } = gradient;
  const [o, i] = block.shape as [number, number];
  if (factors !== undefined && factorsAreCheaper(factors.g.shape[0] as number, [o, i], applyFlops(G), applyFlops(A))) {
    return factoredDirection(block, { ...factors, g: woodburyApplyToRows(G, factors.g), ...onFactors(A, factors) });
  }
  return denseGradient(block, woodburyApply(G, onInputs(A, gradient.dense())));
}

/** V A⁻¹ for V [o, i], or tap by tap for V [o, channels · taps]. */
function onInputs(A: Woodbury, V: Tensor): Tensor {
  const [o, i] = V.shape as [number, number];
  const channels = woodburySize(A);
  if (channels === i) return woodburyApplyToRows(A, V);
  const byTap = reshape(permute(reshape(V, [o, channels, -1]), [0, 2, 1]), [-1, channels]); // [o · taps, channels]
  return reshape(permute(reshape(woodburyApplyToRows(A, byTap), [o, -1, channels]), [0, 2, 1]), [o, i]);
}

/** a A⁻¹, with the bias coordinates where there are any. */
function onFactors(A: Woodbury, factors: DirectionFactors): Pick<DirectionFactors, "a" | "last"> {
  return woodburyApplyToSplitRows(A, factors.a, factors.hasBias ? lastOf(factors) : undefined);
}
