/** How a layer's inputs and output gradients become rows: the table of layer-record.ts in ops. */

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
  slice,
  sum,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";
import type { Geometry, LayerRecord, Reduction } from "./layer-record.ts";

/** Scaled rows of a layer's inputs, [rows, in(+1)]: Xᵀ. */
export function inputRows(
  record: LayerRecord,
  reduction: Reduction,
  { bias, stride }: { bias: boolean; stride: number },
): Tensor {
  const { examples: N, positions: T, geometry, uses } = record;
  const scaled = (rows: Tensor, one: number, factor: number) => scale(bias ? append(rows, one) : rows, factor);
  if (reduction === "reduce" || reduction === "mean" || reduction === "sum") {
    const sums = uses.map(({ input }) => summedInput(input, geometry)).reduce(add); // [N, in]
    return scaled(sums, T, 1 / Math.sqrt(N) / (reduction === "sum" ? 1 : T));
  }
  const isField = reduction.startsWith("receptiveField");
  if (isField && bias) {
    throw new UsageError({
      where: record.name,
      problem: `reduction "${reduction}" averages the kernel's taps, which leaves no place for the bias coordinate`,
      help: 'Use bias: "separate".',
    });
  }
  const seen = isField
    ? concat(
        uses.map(({ input }) => receptiveFields(input, geometry)),
        1,
      )
    : inputsByPosition(record, strideOf(reduction, stride)); // [N, m, in]
  if (reduction.endsWith("Mean")) return scaled(mean(seen, 1), 1, 1 / Math.sqrt(N));
  const rows = flatten(seen);
  return scaled(rows, 1, Math.sqrt(T / (rows.shape[0] as number))); // each of the m rows of an example stands for T/m
}

/** Scaled rows of a layer's output gradients, [rows, out]: Yᵀ; label columns one after the other. */
export function outputGradRows(record: LayerRecord, reduction: Reduction, stride: number): Tensor {
  const { examples: N, positions: T, geometry } = record;
  const columns = labelColumns(record);
  const perColumn = (f: (grads: readonly Tensor[]) => Tensor) => concat(columns.map(f));
  const seen = (grads: readonly Tensor[]) => byPosition(grads, geometry, strideOf(reduction, stride)); // [N, m, out]
  switch (reduction) {
    case "expand":
    case "receptiveField":
    case "subsample": {
      const rows = perColumn((grads) => flatten(seen(grads))); // [L·N·m, out]
      return scale(rows, Math.sqrt(columns.length / (rows.shape[0] as number)));
    }
    case "subsampleMean":
      return scale(
        perColumn((grads) => mean(seen(grads), 1)),
        1 / Math.sqrt(N),
      );
    default: {
      const sums = perColumn((grads) => grads.map((grad) => summedOutput(grad, geometry)).reduce(add)); // [L·N, out]
      return scale(sums, 1 / Math.sqrt(N) / (reduction === "reduce" || reduction === "sum" ? 1 : T));
    }
  }
}

/** Positions are left out by the two subsamplings alone. */
const strideOf = (reduction: Reduction, stride: number): number => (reduction.startsWith("subsample") ? stride : 1);

/** Inputs at every position of every use, or at every `stride`-th row and column of positions: [N, T, in(+1)]. */
export function inputsByPosition({ uses, geometry }: LayerRecord, stride: number, bias = false): Tensor {
  const u = concat(
    uses.map(({ input }) => unfold(input, geometry, stride)),
    1,
  );
  return bias ? append(u, 1) : u;
}

/** Output gradients at every position of every use, for each label column: [L, N, T, out]. */
export function outputGradsByPosition(record: LayerRecord): Tensor {
  const columns = labelColumns(record).map((grads) => byPosition(grads, record.geometry, 1));
  return concat(columns.map((v) => reshape(v, [1, ...v.shape])));
}

/** Output gradients of all uses, one label column: [N, T, out]. */
function byPosition(grads: readonly Tensor[], geometry: Geometry, stride: number): Tensor {
  return concat(
    grads.map((grad) => foldOutput(grad, geometry, stride)),
    1,
  );
}

/** Σ_t u of one use: [N, in]. Window sums for convolutions: no im2col. */
function summedInput(input: Tensor, geometry: Geometry): Tensor {
  if (geometry.kind === "conv2d") return patchSum(input, geometry);
  return input.rank === 2 ? input : sum(sequence(input, 1), 1);
}

/** Σ_t v of one use: [N, out]. */
function summedOutput(grad: Tensor, geometry: Geometry): Tensor {
  return geometry.kind === "conv2d" ? sum(grad, [2, 3]) : summedInput(grad, geometry);
}

/** Inputs by position, keeping every `stride`-th row and column of positions: [N, T, in]. */
function unfold(input: Tensor, geometry: Geometry, stride: number): Tensor {
  if (geometry.kind !== "conv2d") return sequence(input, stride);
  const wide = geometry.stride.map((s) => s * stride) as [number, number];
  return permute(im2col(input, { ...geometry, stride: wide }), [0, 2, 1]);
}

/** Output gradients by position, [N, T, out]. */
function foldOutput(grad: Tensor, geometry: Geometry, stride: number): Tensor {
  if (geometry.kind !== "conv2d") return sequence(grad, stride);
  const [N, out] = grad.shape as [number, number];
  const every = [undefined, undefined, stride] as const;
  return permute(reshape(slice(grad, [null, null, every, every]), [N, out, -1]), [0, 2, 1]);
}

/** Rows of a dense layer by position, keeping every `stride`-th: [N, T, features]. */
function sequence(t: Tensor, stride: number): Tensor {
  const all = reshape(t, [t.shape[0] as number, -1, lastOf(t.shape)]);
  return slice(all, [null, [undefined, undefined, stride]]);
}

/** Inputs averaged over the kernel's taps: [N, T, channels]. */
function receptiveFields(input: Tensor, geometry: Geometry): Tensor {
  if (geometry.kind !== "conv2d") return sequence(input, 1);
  const { device, dtype, shape } = input;
  const channels = shape[1] as number;
  const [kh, kw] = geometry.kernel;
  const average = full([channels, 1, kh, kw], 1 / (kh * kw), { device, dtype });
  return foldOutput(conv2d(input, average, null, { ...geometry, groups: channels }), geometry, 1);
}

/** The output gradients of each label column, one for each use. */
function labelColumns({ name, uses }: LayerRecord): Tensor[][] {
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
function append(t: Tensor, value: number): Tensor {
  const column = full([...t.shape.slice(0, -1), 1], value, t);
  return concat([t, column], t.rank - 1);
}

const flatten = (t: Tensor): Tensor => reshape(t, [-1, lastOf(t.shape)]);
const lastOf = (shape: Shape): number => shape[shape.length - 1] as number;
