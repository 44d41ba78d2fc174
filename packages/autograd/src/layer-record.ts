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
 * Source: METHODS.md §2; Eschenhagen et al. (2023) for expand and reduce; Tang et al. (2021) §3.3 for the rest.
 */

import {
  add,
  avgPool2d,
  concat,
  heldTensors,
  im2col,
  matmul,
  mean,
  mul,
  ones,
  patchSum,
  permute,
  reshape,
  type Shape,
  ShapeError,
  scale,
  slice,
  sum,
  type Tensor,
  transpose,
  UsageError,
} from "@kronograd/tensor";
import type { LabelSource } from "./loss.ts";

export type Reduction =
  | "reduce"
  | "mean"
  | "sum"
  | "subsample"
  | "subsampleMean"
  | "receptiveField"
  | "receptiveFieldMean"
  | "expand";

export const reductions: readonly Reduction[] = [
  "reduce",
  "mean",
  "sum",
  "subsample",
  "subsampleMean",
  "receptiveField",
  "receptiveFieldMean",
  "expand",
];

/** How a layer's output positions read its input. */
export type Geometry = { readonly kind: "dense" } | ConvGeometry;

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
  /** One for each label column, in the output's shape: its cotangent times lossScale. Empty when nobody asked for it. */
  readonly outputGrads: readonly Tensor[];
}

export interface RowOptions {
  /** Append the bias coordinate to the inputs (default: whether the layer has a bias). */
  readonly bias?: boolean;
  /** Of "subsample" and "subsampleMean": every how-manyth row and column of positions is kept (default 2). */
  readonly stride?: number;
}

export type Side = "inputs" | "outputGrads";

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
  /** Both sides as columns, [in(+1), columns] and [out, columns] (views of `rows`). */
  columns(reduction: Reduction, options?: RowOptions): { inputs: Tensor; outputGrads: Tensor };
  /** A [in(+1), in(+1)] or G [out, out]. */
  secondMoment(side: Side, reduction: Reduction, options?: RowOptions): Tensor;
  /** tr A or tr G as a scalar tensor, without forming the matrix. */
  frobenius2(side: Side, reduction: Reduction, options?: RowOptions): Tensor;
  /** Unscaled positions: inputs [N, T, in(+1)], output gradients [L, N, T, out]. For per-example statistics (EKFAC). */
  perExample(options?: RowOptions): { inputs: Tensor; outputGrads: Tensor };
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
    rows(side, reduction, options = {}) {
      if (side === "inputs") return inputRows(record, reduction, { bias: hasBias, stride: 2, ...options });
      return outputGradRows(record, reduction, options.stride ?? 2);
    },
    columns: (reduction, options) => ({
      inputs: transpose(record.rows("inputs", reduction, options)),
      outputGrads: transpose(record.rows("outputGrads", reduction, options)),
    }),
    secondMoment(side, reduction, options) {
      const rows = record.rows(side, reduction, options);
      return matmul(transpose(rows), rows);
    },
    frobenius2(side, reduction, options) {
      const rows = record.rows(side, reduction, options);
      return sum(mul(rows, rows));
    },
    perExample({ bias = hasBias } = {}) {
      const u = concatOr(
        uses.map((use) => unfold(use.input, geometry, 1)),
        1,
      );
      const v = labelColumns(record).map((grads) =>
        concatOr(
          grads.map((grad) => foldOutput(grad, geometry, 1)),
          1,
        ),
      );
      return {
        inputs: bias ? withOnes(u, 1) : u,
        outputGrads: concatOr(
          v.map((t) => reshape(t, [1, ...t.shape])),
          0,
        ),
      };
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

function inputRows(
  record: LayerRecord,
  reduction: Reduction,
  { bias, stride }: { bias: boolean; stride: number },
): Tensor {
  const { examples: N, positions: T, geometry, uses } = record;
  const perRow = 1 / Math.sqrt(N);
  switch (reduction) {
    case "expand": {
      const rows = concatOr(
        uses.map((use) => flatten(unfold(use.input, geometry, 1))),
        0,
      ); // [N·T, in]
      return scale(bias ? withOnes(rows, 1) : rows, perRow);
    }
    case "reduce":
    case "mean": {
      const rows = scale(summedInputs(record), perRow / T); // [N, in]
      return bias ? withOnes(rows, perRow) : rows;
    }
    case "sum": {
      const rows = scale(summedInputs(record), perRow);
      return bias ? withOnes(rows, perRow * T) : rows;
    }
    case "subsample":
    case "subsampleMean": {
      const kept = concatOr(
        uses.map((use) => unfold(use.input, geometry, stride)),
        1,
      ); // [N, m, in]
      const m = kept.shape[1] as number;
      if (reduction === "subsampleMean") {
        const rows = scale(mean(kept, 1), perRow);
        return bias ? withOnes(rows, perRow) : rows;
      }
      const rows = flatten(kept);
      return scale(bias ? withOnes(rows, 1) : rows, Math.sqrt(T / m) * perRow);
    }
    case "receptiveField":
    case "receptiveFieldMean": {
      if (bias) {
        throw new UsageError({
          where: record.name,
          problem: `reduction "${reduction}" averages the kernel's taps, which leaves no place for the bias coordinate`,
          help: 'Use bias: "separate".',
        });
      }
      const fields = concatOr(
        uses.map((use) => receptiveFields(use.input, geometry)),
        1,
      ); // [N, T, channels]
      return scale(reduction === "receptiveField" ? flatten(fields) : mean(fields, 1), perRow);
    }
  }
}

function outputGradRows(record: LayerRecord, reduction: Reduction, stride: number): Tensor {
  const { examples: N, positions: T, geometry } = record;
  const perRow = 1 / Math.sqrt(N);
  const perUse = (f: (grad: Tensor) => Tensor, axis: number) =>
    labelColumns(record).map((grads) => concatOr(grads.map(f), axis));
  const summed = () =>
    concatOr(
      labelColumns(record).map((grads) => grads.map((grad) => summedOutput(grad, geometry)).reduce(add)),
      0,
    ); // [L·N, out]
  switch (reduction) {
    case "expand":
    case "receptiveField": {
      const rows = concatOr(
        perUse((grad) => flatten(foldOutput(grad, geometry, 1)), 0),
        0,
      );
      return scale(rows, perRow / Math.sqrt(T));
    }
    case "reduce":
    case "sum":
      return scale(summed(), perRow);
    case "mean":
    case "receptiveFieldMean":
      return scale(summed(), perRow / T);
    case "subsample":
    case "subsampleMean": {
      const kept = perUse((grad) => foldOutput(grad, geometry, stride), 1); // [N, m, out] for each label column
      const m = (kept[0] as Tensor).shape[1] as number;
      if (reduction === "subsample") return scale(concatOr(kept.map(flatten), 0), perRow / Math.sqrt(m));
      return scale(
        concatOr(
          kept.map((v) => mean(v, 1)),
          0,
        ),
        perRow,
      );
    }
  }
}

/** Σ_t u over all uses: [N, in]. Window sums for convolutions: no im2col. */
function summedInputs({ uses, geometry, examples: N }: LayerRecord): Tensor {
  const sums = uses.map(({ input }) => {
    if (geometry.kind === "conv2d") return patchSum(input, geometry);
    return input.rank === 2 ? input : sum(reshape(input, [N, -1, lastOf(input.shape)]), 1);
  });
  return sums.reduce(add);
}

/** Σ_t v of one use: [N, out]. */
function summedOutput(grad: Tensor, geometry: Geometry): Tensor {
  const N = grad.shape[0] as number;
  if (geometry.kind === "conv2d") return sum(grad, [2, 3]);
  return grad.rank === 2 ? grad : sum(reshape(grad, [N, -1, lastOf(grad.shape)]), 1);
}

/** Inputs by position, keeping every `stride`-th row and column of positions: [N, T, in]. */
function unfold(input: Tensor, geometry: Geometry, stride: number): Tensor {
  const N = input.shape[0] as number;
  if (geometry.kind === "conv2d") {
    const wide = geometry.stride.map((s) => s * stride) as [number, number];
    return permute(im2col(input, { ...geometry, stride: wide }), [0, 2, 1]);
  }
  const sequence = reshape(input, [N, -1, lastOf(input.shape)]);
  return stride === 1 ? sequence : slice(sequence, [null, [0, sequence.shape[1] as number, stride]]);
}

/** Output gradients by position, [N, T, out]. */
function foldOutput(grad: Tensor, geometry: Geometry, stride: number): Tensor {
  const N = grad.shape[0] as number;
  if (geometry.kind === "conv2d") {
    const [, out, height, width] = grad.shape as [number, number, number, number];
    const kept = stride === 1 ? grad : slice(grad, [null, null, [0, height, stride], [0, width, stride]]);
    return permute(reshape(kept, [N, out, -1]), [0, 2, 1]);
  }
  const sequence = reshape(grad, [N, -1, lastOf(grad.shape)]);
  return stride === 1 ? sequence : slice(sequence, [null, [0, sequence.shape[1] as number, stride]]);
}

/** Inputs averaged over the kernel's taps: [N, T, channels]. */
function receptiveFields(input: Tensor, geometry: Geometry): Tensor {
  const N = input.shape[0] as number;
  if (geometry.kind !== "conv2d") return unfold(input, geometry, 1);
  const channels = input.shape[1] as number;
  const { kernel, stride, padding, dilation } = geometry;
  if (dilation[0] === 1 && dilation[1] === 1) {
    return permute(
      reshape(avgPool2d(input, { kernel, stride, padding, countIncludePad: true }), [N, channels, -1]),
      [0, 2, 1],
    );
  }
  const patches = reshape(im2col(input, geometry), [N, channels, kernel[0] * kernel[1], -1]);
  return permute(mean(patches, 2), [0, 2, 1]);
}

/** The output gradients of each label column, one for each use. */
function labelColumns({ name, uses }: LayerRecord): Tensor[][] {
  const count = uses[0]?.outputGrads.length ?? 0;
  if (count === 0) {
    throw new UsageError({
      where: name,
      problem: "output gradients were not captured",
      help: "Declare needs.outputGrads in the method.",
    });
  }
  return Array.from({ length: count }, (_, column) => uses.map((use) => use.outputGrads[column] as Tensor));
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

function positionsOf(input: Tensor, geometry: Geometry): number {
  if (geometry.kind !== "conv2d") return input.shape.slice(1, -1).reduce((a, b) => a * b, 1);
  const along = (axis: 0 | 1) => {
    const reach = geometry.dilation[axis] * (geometry.kernel[axis] - 1) + 1;
    return (
      Math.floor(((input.shape[axis + 2] as number) + 2 * geometry.padding[axis] - reach) / geometry.stride[axis]) + 1
    );
  };
  return along(0) * along(1);
}

/** Append a constant coordinate to the last axis. */
function withOnes(t: Tensor, value: number): Tensor {
  const column = ones([...t.shape.slice(0, -1), 1], { device: t.device, dtype: t.dtype });
  return concat([t, value === 1 ? column : scale(column, value)], t.rank - 1);
}

const flatten = (t: Tensor): Tensor => reshape(t, [-1, lastOf(t.shape)]);
const lastOf = (shape: Shape): number => shape[shape.length - 1] as number;
const concatOr = (list: readonly Tensor[], axis: number): Tensor =>
  list.length === 1 ? (list[0] as Tensor) : concat(list, axis);
