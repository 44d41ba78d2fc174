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
  perExample,
  recordLayer,
  type ValueAndGradOptions,
  valueAndGrad,
} from "@kronograd/autograd";
import { kronecker, toDense } from "@kronograd/linalg";
import { svd } from "@kronograd/linalg/decompositions";
import type { CurvatureMethod, StateTree } from "@kronograd/optimizers";
import { blockInfo, contextByHand, learnByHand } from "@kronograd/optimizers";
import {
  add,
  concat,
  conv2d,
  linear,
  matmul,
  mul,
  normal,
  permute,
  Rng,
  reshape,
  type Shape,
  scale,
  slice,
  sum,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { ggnOperator } from "./parameter-space.ts";

export { binaryCrossEntropyWithLogits, meanSquaredError, softmaxCrossEntropy } from "@kronograd/layers";
export { flattened, ggnOperator } from "./parameter-space.ts";

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
  const { outputs, loss, targets, rows = loss.rows(targets, objective.weights) } = objective;
  return toDense(ggnOperator(outputs, (y) => loss.value(y, targets, rows), weights, [block]));
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

/**
 * Gradients of single examples in all parameters, one a row, for each label column: [L N, P]. For exact labels the mean of
 * their outer products over examples is the Fisher matrix, for empirical ones the empirical Fisher.
 */
export function exampleGradients(records: Iterable<LayerRecord>): Tensor {
  const blocks = [...records].map((record) => {
    const { inputs, outputGrads } = perExample(record); // [N, T, in(+1)], [L, N, T, out]
    const [L, N] = outputGrads.shape as [number, number];
    return reshape(matmul(permute(outputGrads, [0, 1, 3, 2]), inputs), [L * N, -1]);
  });
  return concat(blocks, 1);
}

/**
 * The Gram matrix of those gradients, Σ_layers Σ_t Σ_s (ā_nt·ā_ms)(g_nt·g_ms), from one label column and without forming one.
 *
 * @returns [N, N]
 */
export function exampleGram(records: Iterable<LayerRecord>): Tensor {
  const layers = [...records].map((record) => {
    const { inputs, outputGrads } = perExample(record);
    const [N, T] = inputs.shape as [number, number];
    const among = (t: Tensor) => matmul(t, transpose(t)); // [N T, N T]
    const rows = (t: Tensor) => among(reshape(t, [N * T, -1]));
    return sum(reshape(mul(rows(inputs), rows(outputGrads)), [N, T, N, T]), [1, 3]);
  });
  return layers.reduce(add);
}

/**
 * Find the Kronecker product G ⊗ A nearest to a matrix in Frobenius norm.
 *
 * It is the top singular pair of the matrix whose rows are the blocks.
 *
 * @param M  [out·in, out·in]
 * @source Van Loan & Pitsianis (1993), "Approximation with Kronecker products", Theorem 2.1
 */
export function nearestKronecker(M: Tensor, out: number): { readonly matrix: Tensor; readonly singular: Tensor } {
  const width = (M.shape[0] as number) / out;
  const blocks = reshape(permute(reshape(M, [out, width, out, width]), [0, 2, 1, 3]), [out * out, width * width]);
  const { U, values, V } = svd(blocks);
  const top = (t: Tensor, n: number) => reshape(slice(t, [null, [0, 1]]), [n, n]);
  const product = toDense(kronecker(top(U, out), top(V, width)));
  return { matrix: mul(product, slice(values, [[0, 1]])), singular: values };
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
  const { inputs, outputGrads, bias, norms, embeddings } = method.needs;
  const capture = { layers: true, inputs, outputGrads, bias, norms, embeddings } as CaptureRequest;
  const { gradients, records } = valueAndGrad(objective, weights, { ...options, rng, capture });
  const [block, record] = [gradients.get(layer)!.block, records.get(layer)!];
  const context = contextByHand(1);
  const { A, G } = learnByHand(method, method.init(blockInfo(block), context), record, context) as unknown as {
    A: Tensor;
    G: Tensor;
  };
  return { block, record, A, G, matrix: toDense(kronecker(G, A)) };
}
