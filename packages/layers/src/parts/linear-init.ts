/** The scale and shift that every norm ends with, and how curvature sees them. */

import { type LayerView, recordLayer } from "@kronograd/autograd";
import { concat, mul, ones, type Placement, reshape, type Shape, sum, type Tensor, zeros } from "@kronograd/tensor";

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

/**
 * Report the scale and shift of a norm to curvature, which sees [γ; β] as a vector: a layer with one input, 1, whose output
 * gradients are the gradients of single examples, [Σ_t g ∘ x̂, Σ_t g].
 *
 * @param normalize  x̂ from the input; called where statistics are due
 * @param axis       the first axis of γ in the input: 1 for channels, negative for trailing axes
 */
export function recordAffine(
  call: { readonly name: string; readonly input: Tensor; readonly output: Tensor },
  { gamma, beta }: { readonly gamma: Tensor; readonly beta?: Tensor },
  axis: number,
  normalize: (x: Tensor) => Tensor,
): void {
  const view: LayerView = {
    of: "norms",
    use(input, cotangents) {
      const N = input.shape[0] as number;
      const first = axis < 0 ? input.rank + axis : axis;
      const positions = input.shape.flatMap((_, i) => (i === 0 || (i >= first && i < first + gamma.rank) ? [] : [i]));
      const perExample = (t: Tensor) => reshape(positions.length === 0 ? t : sum(t, positions), [N, gamma.size]);
      const normalized = normalize(input);
      const rows = (g: Tensor) => [perExample(mul(g, normalized)), ...(beta === undefined ? [] : [perExample(g)])];
      return { input: ones([N, 1], input), outputGrads: cotangents.map((g) => concat(rows(g), 1)) };
    },
  };
  recordLayer({ ...call, weight: gamma, bias: beta ?? null, geometry: { kind: "dense" }, view });
}
