/**
 * The reductions: how the inputs and output gradients of a layer become the columns of X and Y, A = X Xᵀ and G = Y Yᵀ.
 *
 * Symbols: N examples of the step, T positions, L label columns (1 unless the label source is "exact"), i = in (+1 with the
 * bias), o = out; u [i] an input at a position, v [o] the output gradient of that example's own loss there.
 *
 * | reduction | columns of X | columns of Y |
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
 * Where rows have weights (weighted-rows.ts), N is the sum of the examples' weights ω over the whole step, T the mean number
 * of positions in an example; a row's columns are those of its *unweighted* loss times the root of its weight, and the means
 * over t are over the positions that are there. So a row of weight 0 is in neither factor.
 *
 * @source Grosse & Martens (2016) for expand; Eschenhagen et al. (2023) for reduce; Tang et al. (2021), §3.3, for the rest. The
 * authors' code has only `mean`; the scales of the others are our interpretation.
 */

import {
  add,
  concat,
  conv2d,
  full,
  im2col,
  mean,
  patchSum,
  permute,
  reshape,
  type Shape,
  scale,
  sizeOf,
  slice,
  sum,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";
import type { Geometry, LayerRecord, Reduction, ReductionForm } from "./layer-record.ts";

/** Σ_t u and Σ_t v, each times a power of 1/T. */
function summed(name: string, inputs: "sum" | "mean", outputGrads: "sum" | "mean"): Reduction {
  const scaleOf = ({ total, positions: T }: LayerRecord, made: string) =>
    1 / Math.sqrt(total as number) / (made === "mean" ? T : 1);
  return {
    name,
    form: { inputs, outputGrads },
    summed: true,
    inputs(record, { bias }) {
      const { positions: T, geometry, uses } = record;
      const sums = uses.map(({ input }) => summedInput(input, geometry)).reduce(add); // [N, in]
      return scale(bias ? append(sums, T) : sums, scaleOf(record, inputs));
    },
    outputGrads(record) {
      const { geometry } = record;
      const sums = labelColumns(record).map((grads) => grads.map((grad) => summedOutput(grad, geometry)).reduce(add));
      return scale(concat(sums), scaleOf(record, outputGrads)); // [L·N, out]
    },
  };
}

function byPosition(name: string, form: Partial<ReductionForm> = {}): Reduction {
  const { strided, taps, inputs: made = "each" } = form;
  const averaged = made === "mean";
  const stepOf = (stride: number) => (strided ? stride : 1);
  const rowsOf = (parts: readonly Tensor[]): Tensor => {
    const positions = concat(parts, 1); // [N, m, …]
    return averaged ? mean(positions, 1) : reshape(positions, [-1, lastOf(positions.shape)]);
  };
  const problem = `reduction "${name}" averages the kernel's taps, which leaves no place for the bias coordinate`;
  const noBias = taps && ((where: string) => new UsageError({ where, problem, help: 'Use bias: "separate".' }));
  return {
    name,
    form: { inputs: made, outputGrads: made, ...form },
    noBias: noBias || undefined,
    inputs(record, { bias, stride }) {
      const { examples: N, total, positions: T, geometry, uses } = record;
      if (bias && noBias) throw noBias(record.name);
      const seen = taps ? receptiveFields : unfold;
      const rows = rowsOf(uses.map(({ input }) => seen(input, geometry, stepOf(stride))));
      const m = (rows.shape[0] as number) / N;
      const weight = (averaged ? 1 : T) / (m * (total as number)); // each of the m rows of an example stands for T/m
      return scale(bias ? append(rows, 1) : rows, Math.sqrt(weight));
    },
    outputGrads(record, { stride }) {
      const { examples: N, total, geometry } = record;
      const columns = columnsByPosition(record);
      const step = stepOf(stride);
      const rows = concat(columns.map((grads) => rowsOf(grads.map((grad) => foldOutput(grad, geometry, step))))); // [L·N·m, out]
      return scale(rows, Math.sqrt(columns.length / (((rows.shape[0] as number) / N) * (total as number))));
    },
  };
}

/** The mean of an example's inputs with the sum of its output gradients. */
export const reduce: Reduction = /* @__PURE__ */ summed("reduce", "mean", "sum");

/** Every position a row. */
export const expand: Reduction = /* @__PURE__ */ byPosition("expand");

/** The reductions by name. */
export const reductions = {
  reduce,
  mean: /* @__PURE__ */ summed("mean", "mean", "mean"),
  sum: /* @__PURE__ */ summed("sum", "sum", "sum"),
  subsample: /* @__PURE__ */ byPosition("subsample", { strided: true }),
  subsampleMean: /* @__PURE__ */ byPosition("subsampleMean", { strided: true, inputs: "mean" }),
  receptiveField: /* @__PURE__ */ byPosition("receptiveField", { taps: true }),
  receptiveFieldMean: /* @__PURE__ */ byPosition("receptiveFieldMean", { taps: true, inputs: "mean" }),
  expand,
} as const;

/** The name of a reduction. */
export type ReductionName = keyof typeof reductions;

/** Σ_t u of one use: [N, in]. Window sums for convolutions: no im2col. */
function summedInput(input: Tensor, geometry: Geometry): Tensor {
  if (geometry.kind === "conv2d") return patchSum(input, geometry);
  return input.rank === 2 ? input : sum(sequence(input, 1), 1);
}

/** Σ_t v of one use: [N, out]; what is that already stays as it is. */
export function summedOutput(grad: Tensor, { kind }: Geometry): Tensor {
  if (grad.rank === 2) return grad;
  return kind === "conv2d" ? sum(grad, [2, 3]) : sum(sequence(grad, 1), 1);
}

/** Rows of a dense layer by position, keeping every `stride`-th: [N, T, features]. */
export function sequence(t: Tensor, stride: number): Tensor {
  const all = reshape(t, [t.shape[0] as number, -1, lastOf(t.shape)]);
  return slice(all, [null, [undefined, undefined, stride]]);
}

/** The output gradients of each label column, one for each use. */
export function labelColumns({ name, uses }: LayerRecord): Tensor[][] {
  const columns = uses[0]?.outputGrads ?? [];
  if (columns.length === 0) {
    throw new UsageError({
      where: name,
      problem: "output gradients were not captured",
      help: "Declare needs.outputGrads in the method.",
    });
  }
  return columns.map((_, column) => uses.map((use) => use.outputGrads[column] as Tensor));
}

/** Append a constant coordinate to the last axis. */
export function append(t: Tensor, value: number): Tensor {
  const column = full([...t.shape.slice(0, -1), 1], value, t);
  return concat([t, column], t.rank - 1);
}

/** The size of the last axis. */
const lastOf = (shape: Shape): number => shape[shape.length - 1] as number;

/** `labelColumns`, if no position of them is lost. */
export function columnsByPosition(record: LayerRecord): Tensor[][] {
  const columns = labelColumns(record);
  const kept = sizeOfPositions(columns[0] as Tensor[], record.geometry);
  if (kept === record.positions) return columns;
  throw new UsageError({
    where: record.name,
    problem: "its output gradients were summed over positions, and here each position is read",
    expected: `${record.positions} positions`,
    got: kept,
    help: "Capture with positions: true.",
  });
}

function sizeOfPositions(grads: readonly Tensor[], { kind }: Geometry): number {
  const sizes = grads.map(({ shape }) => sizeOf(kind === "conv2d" ? shape.slice(2) : shape.slice(1, -1)));
  return sizes.reduce((total, size) => total + size, 0);
}

/** Inputs by position, keeping every `stride`-th row and column of positions: [N, T, in]. */
export function unfold(input: Tensor, geometry: Geometry, stride: number): Tensor {
  if (geometry.kind !== "conv2d") return sequence(input, stride);
  const wide = geometry.stride.map((s) => s * stride) as [number, number];
  return permute(im2col(input, { ...geometry, stride: wide }), [0, 2, 1]);
}

/** Output gradients by position, [N, T, out]. */
export function foldOutput(grad: Tensor, geometry: Geometry, stride: number): Tensor {
  if (geometry.kind !== "conv2d" || grad.rank === 2) return sequence(grad, stride);
  const [N, out] = grad.shape as [number, number];
  const every = [undefined, undefined, stride] as const;
  return permute(reshape(slice(grad, [null, null, every, every]), [N, out, -1]), [0, 2, 1]);
}

/** Inputs averaged over the kernel's taps: [N, T, channels]. */
export function receptiveFields(input: Tensor, geometry: Geometry): Tensor {
  if (geometry.kind !== "conv2d") return sequence(input, 1);
  const { device, dtype, shape } = input;
  const channels = shape[1] as number;
  const [kh, kw] = geometry.kernel;
  const average = full([channels, 1, kh, kw], 1 / (kh * kw), { device, dtype });
  return foldOutput(conv2d(input, average, null, { ...geometry, groups: channels }), geometry, 1);
}
