/**
 * G⁻¹ ∇W A⁻¹ for the damped inverses of both sides: on a gradient's factors where that is cheaper, else on the gradient.
 *
 *     G⁻¹ (gᵀ a) A⁻¹ = (g G⁻¹)ᵀ (a A⁻¹)      g [n, o] · a [n, i] · ∇W [o, i]
 */

import { denseGradient, factoredGradient, type Gradient, type GradientFactors, lastOf } from "@kronograd/autograd";
import { permute, reshape, type Tensor } from "@kronograd/tensor";
import { factorsAreCheaper } from "./flops.ts";
import {
  applyCost,
  applyToColumns,
  applyToInputs,
  applyToRows,
  type SideInverse,
  sideDimension,
} from "./kronecker-side.ts";

/**
 * Precondition a gradient from both sides.
 *
 * Where A is smaller than the gradient's rows, it acts on the channels of each of a kernel's taps alike.
 *
 * @cost on factors n (applyA + applyG), else o applyA + i applyG flops, beside forming the product
 */
export function preconditionBoth(gradient: Gradient, A: SideInverse, G: SideInverse): Gradient {
  const { block, factors } = gradient;
  const [o, i] = block.shape as [number, number];
  if (factors !== undefined && factorsAreCheaper(factors.g.shape[0] as number, [o, i], applyCost(A), applyCost(G))) {
    return factoredGradient(block, { ...factors, g: applyToRows(G, factors.g), ...onFactors(A, factors) });
  }
  return denseGradient(block, applyToColumns(G, onInputs(A, gradient.dense())));
}

/** V A⁻¹ for V [o, i], or tap by tap for V [o, channels · taps]. */
function onInputs(A: SideInverse, V: Tensor): Tensor {
  const [o, i] = V.shape as [number, number];
  const channels = sideDimension(A);
  if (channels === i) return applyToRows(A, V);
  const byTap = reshape(permute(reshape(V, [o, channels, -1]), [0, 2, 1]), [-1, channels]); // [o · taps, channels]
  return reshape(permute(reshape(applyToRows(A, byTap), [o, -1, channels]), [0, 2, 1]), [o, i]);
}

/** a A⁻¹, with the bias coordinates where there are any. */
export function onFactors(A: SideInverse, factors: GradientFactors): Pick<GradientFactors, "a" | "last"> {
  return factors.hasBias ? applyToInputs(A, factors.a, lastOf(factors)) : { a: applyToRows(A, factors.a) };
}
