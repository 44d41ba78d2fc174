/** All reductions by name: those that add positions up (layer-rows.ts), and here those that look at single positions. */

import {
  concat,
  conv2d,
  full,
  im2col,
  mean,
  permute,
  reshape,
  scale,
  sizeOf,
  slice,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";
import type { Geometry, LayerRecord, Reduction, RowOptions } from "./layer-record.ts";
import { append, labelColumns, lastOf, reduce, sequence, summed } from "./layer-rows.ts";

interface Positions {
  /** Inputs by position: [N, T, in]. */
  readonly seen?: (input: Tensor, geometry: Geometry, stride: number) => Tensor;
  /** Keep every `stride`-th row and column of positions alone. */
  readonly strided?: boolean;
  /** Their mean for an example, in place of a row for each. */
  readonly averaged?: boolean;
}

function byPosition(name: string, { seen = unfold, strided, averaged }: Positions): Reduction {
  const stepOf = (stride: number) => (strided ? stride : 1);
  const rowsOf = (parts: readonly Tensor[]): Tensor => {
    const positions = concat(parts, 1); // [N, m, …]
    return averaged ? mean(positions, 1) : reshape(positions, [-1, lastOf(positions.shape)]);
  };
  const problem = `reduction "${name}" averages the kernel's taps, which leaves no place for the bias coordinate`;
  const noBias =
    seen === receptiveFields
      ? (where: string) => new UsageError({ where, problem, help: 'Use bias: "separate".' })
      : undefined;
  return {
    name,
    noBias,
    inputs(record, { bias, stride }) {
      const { examples: N, positions: T, geometry, uses } = record;
      if (bias && noBias) throw noBias(record.name);
      const rows = rowsOf(uses.map(({ input }) => seen(input, geometry, stepOf(stride))));
      const weight = averaged ? 1 / N : T / (rows.shape[0] as number); // each of the m rows of an example stands for T/m
      return scale(bias ? append(rows, 1) : rows, Math.sqrt(weight));
    },
    outputGrads(record, { stride }) {
      const columns = columnsByPosition(record);
      const step = stepOf(stride);
      const rows = concat(columns.map((grads) => rowsOf(grads.map((grad) => foldOutput(grad, record.geometry, step))))); // [L·N·m, out]
      return scale(rows, Math.sqrt(columns.length / (rows.shape[0] as number)));
    },
  };
}

/** Every position a row. */
export const expand: Reduction = /* @__PURE__ */ byPosition("expand", {});

/** The reductions of layer-record.ts's table by name. */
export const reductions = {
  reduce,
  mean: /* @__PURE__ */ summed("mean", 1, 1),
  sum: /* @__PURE__ */ summed("sum", 0, 0),
  subsample: /* @__PURE__ */ byPosition("subsample", { strided: true }),
  subsampleMean: /* @__PURE__ */ byPosition("subsampleMean", { strided: true, averaged: true }),
  receptiveField: /* @__PURE__ */ byPosition("receptiveField", { seen: receptiveFields }),
  receptiveFieldMean: /* @__PURE__ */ byPosition("receptiveFieldMean", { seen: receptiveFields, averaged: true }),
  expand,
} as const;

/** The name of a reduction. */
export type ReductionName = keyof typeof reductions;

/** Unscaled positions: inputs [N, T, in(+1)], output gradients [L, N, T, out]. For statistics of single examples (EKFAC). */
export function perExample(
  record: LayerRecord,
  { bias = record.hasBias }: RowOptions = {},
): { inputs: Tensor; outputGrads: Tensor } {
  const { uses, geometry } = record;
  const u = concat(
    uses.map(({ input }) => unfold(input, geometry, 1)),
    1,
  );
  const columns = columnsByPosition(record).map((grads) => {
    const v = concat(
      grads.map((grad) => foldOutput(grad, geometry, 1)),
      1,
    );
    return reshape(v, [1, ...v.shape]);
  });
  return { inputs: bias ? append(u, 1) : u, outputGrads: concat(columns) };
}

/** `labelColumns`, if no position of them is lost. */
function columnsByPosition(record: LayerRecord): Tensor[][] {
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
function unfold(input: Tensor, geometry: Geometry, stride: number): Tensor {
  if (geometry.kind !== "conv2d") return sequence(input, stride);
  const wide = geometry.stride.map((s) => s * stride) as [number, number];
  return permute(im2col(input, { ...geometry, stride: wide }), [0, 2, 1]);
}

/** Output gradients by position, [N, T, out]. */
function foldOutput(grad: Tensor, geometry: Geometry, stride: number): Tensor {
  if (geometry.kind !== "conv2d" || grad.rank === 2) return sequence(grad, stride);
  const [N, out] = grad.shape as [number, number];
  const every = [undefined, undefined, stride] as const;
  return permute(reshape(slice(grad, [null, null, every, every]), [N, out, -1]), [0, 2, 1]);
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
