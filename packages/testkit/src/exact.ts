/**
 * Exact curvature of small nets, for the cases in which an approximation must be exact. Nets are built of plain ops that show
 * themselves with `recordLayer`; losses come from `@kronograd/layers`, which packages below it may not import.
 *
 * Matrices are of vec(V), V [out, in(+1)] row by row; that of a mean loss is a mean over examples.
 */

import {
  type Block,
  type CaptureRequest,
  type ConvGeometry,
  type LayerRecord,
  type Objective,
  recordLayer,
  type ValueAndGradOptions,
  valueAndGrad,
} from "@kronograd/autograd";
import { kronecker, toDense } from "@kronograd/linalg";
import type { CurvatureMethod, StateTree } from "@kronograd/optimizers";
import {
  concat,
  conv2d,
  linear,
  matmul,
  normal,
  Rng,
  reshape,
  type Shape,
  scale,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { ggnOperator } from "./conformance/parameter-space.ts";

export { binaryCrossEntropyWithLogits, meanSquaredError, softmaxCrossEntropy } from "@kronograd/layers";

/** Parameters by name. */
export type Weights = Readonly<Record<string, Tensor>>;

/** Independent normal numbers in float64, for each name a stream of its own. */
export function randomWeights(shapes: Readonly<Record<string, Shape>>, seed = 0): Record<string, Tensor> {
  const rng = new Rng(seed);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, normal(rng.fork(name), shape, { dtype: "float64" })]),
  );
}

/** Apply NAME.weight and, if there is one, NAME.bias as a dense layer that shows itself under `as`. */
export function denseLayer(name: string, x: Tensor, weights: Weights, as = name): Tensor {
  const [weight, bias] = [weights[`${name}.weight`]!, weights[`${name}.bias`] ?? null];
  const output = linear(x, weight, bias);
  recordLayer({ name: as, weight, bias, input: x, output, geometry: { kind: "dense" } });
  return output;
}

/** Apply NAME.weight and, if there is one, NAME.bias as a convolution that shows itself. */
export function convLayer(
  name: string,
  x: Tensor,
  weights: Weights,
  options: Partial<Omit<ConvGeometry, "kind" | "kernel">> = {},
): Tensor {
  const [weight, bias] = [weights[`${name}.weight`]!, weights[`${name}.bias`] ?? null];
  const [, , height, width] = weight.shape as [number, number, number, number];
  const geometry = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, ...options } as const;
  const output = conv2d(x, weight, bias, geometry);
  recordLayer({
    name,
    weight,
    bias,
    input: x,
    output,
    geometry: { kind: "conv2d", kernel: [height, width], ...geometry },
  });
  return output;
}

/** The generalised Gauss–Newton matrix of a block, column by column through `ggnvp`. */
export function exactGgn(objective: Exclude<Objective, () => Tensor>, weights: Weights, block: Block): Tensor {
  const { outputs, loss, targets } = objective;
  return toDense(ggnOperator(outputs, (y) => loss.value(y, targets), weights, [block]));
}

/**
 * The mean over examples of each one's gradient's outer product with itself.
 *
 * @param single  the loss of example n alone, with its own gradient
 */
export function exactEmpiricalFisher(
  single: (n: number) => () => Tensor,
  examples: number,
  weights: Weights,
  layer: string,
  bias: "joint" | "separate" = "joint",
): Tensor {
  const rows = Array.from({ length: examples }, (_, n) => {
    const { gradients } = valueAndGrad(single(n), weights, { capture: { layers: true, bias } });
    return reshape(gradients.get(layer)!.dense(), [1, -1]);
  });
  const U = concat(rows, 0); // [N, out·in]
  return scale(matmul(transpose(U), U), 1 / examples);
}

/** What a method that keeps A and G has seen of a layer after one batch. */
export interface SeenLayer {
  readonly block: Block;
  readonly record: LayerRecord;
  readonly A: Tensor;
  readonly G: Tensor;
  /** G ⊗ A */
  readonly matrix: Tensor;
}

/** Let a method that keeps A and G see one batch: its factors of a layer, and their product. */
export function seenBy<S extends StateTree & { readonly A: unknown; readonly G: unknown }>(
  method: CurvatureMethod<S>,
  objective: Objective,
  weights: Weights,
  layer: string,
  { rng = new Rng(0), ...options }: ValueAndGradOptions = {},
): SeenLayer {
  const { inputs, outputGrads, bias } = method.needs;
  const capture = { layers: true, inputs, outputGrads, bias } as CaptureRequest;
  const { gradients, records } = valueAndGrad(objective, weights, { ...options, rng, capture });
  const [block, record] = [gradients.get(layer)!.block, records.get(layer)!];
  const context = { step: 0, damping: 1, rng, oracles: {} };
  const { A, G } = method.update(method.init(block, context), record, context) as unknown as { A: Tensor; G: Tensor };
  return { block, record, A, G, matrix: toDense(kronecker(G, A)) };
}
