/**
 * A layer as curvature methods see it: inputs and output gradients in weight-sharing form, and the statistics made of
 * them on request.
 *
 * Every layer with a weight looks like `output[n, t] = W · input[n, t] (+ b)` for examples n and shared positions t: a dense
 * layer has T = 1, a dense layer on sequences T = S, a convolution one position for each output pixel, and each further use
 * of the same weight adds its positions. Nothing is computed until asked for: no im2col happens unless a method wants one.
 *
 * Rows are scaled and reduced by the table of reductions.ts.
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

/** How the Fisher expectation over labels is taken. */
export type LabelSource = "empirical" | "sampled" | "exact" | "randomSign";

/**
 * How the positions of an example become rows: a line of the table in reductions.ts. A value, so that a program holds the ones it
 * uses; `reductions` has them all by name.
 */
export interface Reduction {
  readonly name: string;
  /** How it reads positions, for rows that have weights. */
  readonly form: ReductionForm;
  /** Of one without a place for the bias coordinate: the error that says so. */
  readonly noBias?: ((where: string) => UsageError) | undefined;
  /** Whether of output gradients it reads sums over an example's positions alone. */
  readonly summed?: boolean;
  /** Xᵀ [rows, in(+1)] */
  inputs(record: LayerRecord, options: Required<RowOptions>): Tensor;
  /** Yᵀ [rows, out]; label columns one after the other. */
  outputGrads(record: LayerRecord, options: Required<RowOptions>): Tensor;
}

/** How a reduction treats the positions of an example. */
export interface ReductionForm {
  /** Keep every `stride`-th row and column of positions only. */
  readonly strided?: boolean;
  /** Average inputs over the kernel's taps. */
  readonly taps?: boolean;
  /** Of inputs and of output gradients: every position a row, or one row for all. */
  readonly inputs: "each" | "sum" | "mean";
  readonly outputGrads: "each" | "sum" | "mean";
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
   * One for each label column: the output's cotangent times the loss scale, in its shape or summed over positions, [N, out].
   * Empty when nobody asked for it. A row's weight is in it: once for empirical labels, its root for the others.
   */
  readonly outputGrads: readonly Tensor[];
  /** Whether the weight was read transposed: ∇W = Σ u vᵀ, so that inputs and output gradients change sides. */
  readonly transposed?: boolean;
}

/** How much the rows of a record count, where not all count once. */
export interface RecordWeights {
  /** ω of the examples, [N]; null: each 1. */
  readonly examples: Tensor | null;
  /** ω of all examples of the step, of which `examples` are those of the record; null: each 1. */
  readonly ofStep: Tensor | null;
  /** π of their positions, for each use [N, T of the use]: 1, or 0 where there is none; null: each 1. */
  readonly positions: readonly Tensor[] | null;
  /** Number of positions in an example that G divides by, [N, 1, 1]; null: each example its own, Σ π. */
  readonly count: Tensor | null;
  /** Whether it is the loss that weighs positions, so that π is in the output gradients as ω is. */
  readonly ofLoss: boolean;
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

/** Rows of a record by other means than the reduction's own: where rows have weights, or the weight was transposed. */
export type ReadRows = (record: LayerRecord, side: Side, reduction: Reduction, options: Required<RowOptions>) => Tensor;

/** Everything a record is made of. */
export interface RecordFields {
  readonly name: string;
  readonly geometry: Geometry;
  readonly hasBias: boolean;
  readonly labels: LabelSource;
  readonly uses: readonly LayerUse[];
  /** Examples of the whole step, by their weights; default: the examples of the uses. */
  readonly total?: number | Tensor;
  readonly weights?: RecordWeights | undefined;
  /** Needed with weights or transposed uses: `weightedRows`. */
  readonly read?: ReadRows | undefined;
}

/** One layer in one step: the inputs that its weight was multiplied with, and what came back to its output. */
export interface LayerRecord extends RecordFields {
  /** N, examples of the record. */
  readonly examples: number;
  /** Examples of the whole step, by their weights: what statistics divide by. */
  readonly total: number | Tensor;
  /** T, positions that share the weight for each example, over all uses. */
  readonly positions: number;
  /**
   * Scaled rows: X = rows("inputs")ᵀ and Y = rows("outputGrads")ᵀ give A = X Xᵀ and G = Y Yᵀ by the table of reductions.ts.
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
export function layerRecord(fields: RecordFields): LayerRecord {
  const { name, geometry, hasBias, uses, weights, read } = fields;
  const first = uses[0] as LayerUse;
  const examples = first.input.shape[0] as number;
  for (const { input } of uses) checkExamples(name, examples, input.shape[0] as number);
  const positions = uses.reduce((total, use) => total + positionsOf(use.input, geometry), 0);
  const record: LayerRecord = {
    total: examples,
    ...fields,
    examples,
    positions,
    rows(side, reduction, options) {
      const all = { bias: hasBias, stride: 2, ...options };
      return read === undefined ? reduction[side](record, all) : read(record, side, reduction, all);
    },
    secondMoment(side, reduction, options) {
      const rows = record.rows(side, reduction, options);
      return matmul(transpose(rows), rows);
    },
    group: (index) => groupOf(fields, index, record),
    [heldTensors]: () => [uses, weights, record.total],
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

function groupOf(fields: RecordFields, index: number, whole: LayerRecord): LayerRecord {
  const { name, geometry, uses } = fields;
  if (geometry.kind !== "conv2d" || geometry.groups === 1) return whole;
  const part = (t: Tensor) => {
    const width = (t.shape[1] as number) / geometry.groups;
    return slice(t, [null, [index * width, (index + 1) * width]]);
  };
  return layerRecord({
    ...fields,
    name: `${name}[group ${index}]`,
    geometry: { ...geometry, groups: 1 },
    uses: uses.map(({ input, outputGrads }) => ({ input: part(input), outputGrads: outputGrads.map(part) })),
  });
}

function positionsOf({ shape }: Tensor, geometry: Geometry): number {
  if (geometry.kind !== "conv2d") return sizeOf(shape.slice(1, -1));
  const [, , ...size] = shape as readonly [number, number, number, number];
  return sizeOf(outputSize("conv2d", size, geometry));
}
