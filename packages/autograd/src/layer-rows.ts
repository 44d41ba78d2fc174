/** How a layer's inputs and output gradients become rows: the table of layer-record.ts in ops. */

import {
  add,
  avgPool2d,
  concat,
  im2col,
  mean,
  ones,
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

/** Scaled rows of a layer's output gradients, [rows, out]: Yᵀ; label columns one after the other. */
export function outputGradRows(record: LayerRecord, reduction: Reduction, stride: number): Tensor {
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

/** Inputs at every position of every use, [N, T, in(+1)]. */
export function inputsByPosition({ uses, geometry }: LayerRecord, bias: boolean): Tensor {
  const u = concatOr(
    uses.map(({ input }) => unfold(input, geometry, 1)),
    1,
  );
  return bias ? withOnes(u, 1) : u;
}

/** Output gradients at every position of every use, for each label column: [L, N, T, out]. */
export function outputGradsByPosition(record: LayerRecord): Tensor {
  const columns = labelColumns(record).map((grads) => {
    const v = concatOr(
      grads.map((grad) => foldOutput(grad, record.geometry, 1)),
      1,
    );
    return reshape(v, [1, ...v.shape]);
  });
  return concatOr(columns, 0);
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

/** Append a constant coordinate to the last axis. */
function withOnes(t: Tensor, value: number): Tensor {
  const column = ones([...t.shape.slice(0, -1), 1], { device: t.device, dtype: t.dtype });
  return concat([t, value === 1 ? column : scale(column, value)], t.rank - 1);
}

const flatten = (t: Tensor): Tensor => reshape(t, [-1, lastOf(t.shape)]);
const lastOf = (shape: Shape): number => shape[shape.length - 1] as number;
const concatOr = (list: readonly Tensor[], axis: number): Tensor =>
  list.length === 1 ? (list[0] as Tensor) : concat(list, axis);
