/** The scale and shift that every norm ends with. */

import { ones, type Placement, type Shape, type Tensor, zeros } from "@kronograd/tensor";

/** γ and β of a norm: y = γ ∘ normalized x + β. */
export interface Affine {
  readonly [name: string]: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

/** γ = 1, β = 0. */
export function identityAffine(shape: Shape, placement: Placement): Affine {
  return { gamma: ones(shape, placement), beta: zeros(shape, placement) };
}
