/** Tied weights: one tensor in two layers. */

import type { Tensor } from "@kronograd/tensor";

/** A tensor, or a layer whose weight it is (which need not be initialized yet). */
export type SharedWeight = Tensor | { readonly weight: Tensor };

/** The tensor of a shared weight. */
export function sharedTensor(shared: SharedWeight): Tensor {
  return "weight" in shared ? shared.weight : shared;
}
