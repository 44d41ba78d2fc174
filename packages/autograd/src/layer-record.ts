/**
 * What a curvature method sees of a layer: inputs and output gradients in weight-sharing form, and the statistics made of
 * them on request.
 *
 * Every layer with a weight looks like `output[n, t] = W · input[n, t] (+ b)` for examples n and shared positions t: a dense
 * layer has T = 1, a dense layer on sequences T = S, a convolution one position for each output pixel, and each further use
 * of the same weight adds its positions. Nothing is computed until asked for: no im2col happens unless a method wants one.
 *
 * Symbols: N examples, T positions, L label columns (1 unless the label source is "exact"), i = in (+1 with the bias), o = out;
 * u [i] an input at a position, v [o] the output gradient of that example's own loss there.
 *
 * | reduction | columns of X (A = X Xᵀ) | columns of Y (G = Y Yᵀ) |
 * | --- | --- | --- |
 * | expand | u / √N, every (n, t) | v / √(N T) |
 * | reduce | mean_t u / √N | Σ_t v / √N |
 * | mean | mean_t u / √N | mean_t v / √N |
 * | sum | Σ_t u / √N | Σ_t v / √N |
 * | subsample | u √(T / (m N)), m kept positions | v / √(N m) |
 * | subsampleMean | mean over kept of u, / √N | mean over kept of v, / √N |
 * | receptiveField | as expand, of u averaged over the kernel's taps: [channels] | as expand |
 * | receptiveFieldMean | as mean, of u averaged over the taps | as mean |
 *
 * Source: Grosse & Martens (2016) for expand; Eschenhagen et al. (2023) for reduce; Tang et al. (2021), §3.3, for the rest, of
 * which the authors released `mean` alone: the other scales are our reading.
 */

import {
  heldTensors,
  matmul,
  outputSize,
  ShapeError,
  sizeOf,
  slice,
  type Tensor,
  transpose,
  type UsageError,
} from "@kronograd/tensor";
import type { LabelSource } from "./loss.ts";

/**
 * How the positions of an example become rows: a row of the table above. A value, so that a program holds the ones it
 * uses; `reductions` has them all by name.
 */
export interface Reduction {
  readonly name: string;
  /** Of one without a place for the bias coordinate: the error that says so. */
  readonly noBias?: ((where: string) => UsageError) | undefined;
  /** Whether of output gradients it reads sums over an example's positions alone. */
  readonly summed?: boolean;
  /** Xᵀ [rows, in(+1)] */
  inputs(record: LayerRecord, options: Required<RowOptions>): Tensor;
  /** Yᵀ [rows, out]; label columns one after the other. */
  outputGrads(record: LayerRecord, options: Required<RowOptions>): Tensor;
}

/** How a layer's output positions read its input. */
export type Geometry = { readonly kind: "dense" } | ConvGeometry;

/** Of a convolution; pairs are [vertical, horizontal]. */
export interface ConvGeometry {
  readonly kind: "conv2d";
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** One use of the weight in the forward pass. */
export interface LayerUse {
  /** dense [N, …, in]; conv2d [N, channels, height, width] */
  readonly input: Tensor;
  /**
   * One for each label column: the output's cotangent times lossScale, in its shape or summed over positions, [N, out].
   * Empty when nobody asked for it.
   */
  readonly outputGrads: readonly Tensor[];
}

/** Options of the statistics. */
export interface RowOptions {
  /** Append the bias coordinate to the inputs (default: whether the layer has a bias). */
  readonly bias?: boolean;
  /** Of "subsample" and "subsampleMean": every how-manyth row and column of positions is kept (default 2). */
  readonly stride?: number;
}

/** Of a layer: A is made of the one, G of the other. */
export type Side = "inputs" | "outputGrads";

/** One layer in one step: what its weight was multiplied with, and what came back to its output. */
export interface LayerRecord {
  readonly name: string;
  readonly geometry: Geometry;
  readonly hasBias: boolean;
  readonly labels: LabelSource;
  /** N, examples of the batch. */
  readonly examples: number;
  /** T, positions that share the weight for each example, over all uses. */
  readonly positions: number;
  readonly uses: readonly LayerUse[];
  /**
   * Scaled rows: X = rows("inputs")ᵀ and Y = rows("outputGrads")ᵀ give A = X Xᵀ and G = Y Yᵀ by the table above.
   *
   * @returns [rows, in(+1)] or [rows, out]
   * @throws {UsageError} output gradients were not captured, or a receptive-field reduction with the bias coordinate
   */
  rows(side: Side, reduction: Reduction, options?: RowOptions): Tensor;
  /** A [in(+1), in(+1)] or G [out, out]. */
  secondMoment(side: Side, reduction: Reduction, options?: RowOptions): Tensor;
  /** The record of one group of a grouped convolution, as if it were a layer of its own. */
  group(index: number): LayerRecord;
  [heldTensors](): unknown;
}

/** Make a record from what was captured. */
export function layerRecord(fields: {
  name: string;
  geometry: Geometry;
  hasBias: boolean;
  labels: LabelSource;
  uses: readonly LayerUse[];
}): LayerRecord {
  const { name, geometry, hasBias, labels, uses } = fields;
  const first = uses[0] as LayerUse;
  const examples = first.input.shape[0] as number;
  for (const { input } of uses) checkExamples(name, examples, input.shape[0] as number);
  const positions = uses.reduce((total, use) => total + positionsOf(use.input, geometry), 0);
  const record: LayerRecord = {
    name,
    geometry,
    hasBias,
    labels,
    examples,
    positions,
    uses,
    rows: (side, reduction, options) => reduction[side](record, { bias: hasBias, stride: 2, ...options }),
    secondMoment(side, reduction, options) {
      const rows = record.rows(side, reduction, options);
      return matmul(transpose(rows), rows);
    },
    group: (index) => groupOf(record, index),
    [heldTensors]: () => uses.flatMap(({ input, outputGrads }) => [input, ...outputGrads]),
  };
  return record;
}

function checkExamples(where: string, expected: number, got: number): void {
  if (expected === got) return;
  throw new ShapeError({
    where,
    problem: "its uses see different numbers of examples, so they do not share positions",
    expected,
    got,
    help: "Give the uses layers of their own that share weight values, or one batch.",
  });
}

function groupOf(record: LayerRecord, index: number): LayerRecord {
  const { geometry } = record;
  if (geometry.kind !== "conv2d" || geometry.groups === 1) return record;
  const part = (t: Tensor) => {
    const width = (t.shape[1] as number) / geometry.groups;
    return slice(t, [null, [index * width, (index + 1) * width]]);
  };
  return layerRecord({
    name: `${record.name}[group ${index}]`,
    geometry: { ...geometry, groups: 1 },
    hasBias: record.hasBias,
    labels: record.labels,
    uses: record.uses.map(({ input, outputGrads }) => ({ input: part(input), outputGrads: outputGrads.map(part) })),
  });
}

function positionsOf({ shape }: Tensor, geometry: Geometry): number {
  if (geometry.kind !== "conv2d") return sizeOf(shape.slice(1, -1));
  const [, , ...size] = shape as readonly [number, number, number, number];
  return sizeOf(outputSize("conv2d", size, geometry));
}
