/** Batches of tensors from rows of a split. */

import {
  type Dtype,
  DtypeError,
  type Placement,
  placed,
  sizeOf,
  type Tensor,
  type Tree,
  type TypedArray,
  tensor,
  typedArray,
  UsageError,
} from "@kronograd/tensor";
import { type Column, type Columns, type ColumnValues, mapColumns, type PixelScaling } from "./column.ts";
import type { Split } from "./dataset.ts";

/** The tensors that columns become. */
export type TreeOf<C extends Columns> = C extends Column ? Tensor : { readonly [K in keyof C]: Tensor };

/** One batch on a device; the caller owns its handles. A tensor of one column, a record of tensors of named ones. */
export interface Batch<I extends Tree = Tree, T extends Tree = Tree> {
  /** [n, ...shape of a row] int32, or floats in the dtype asked for. */
  readonly inputs: I;
  /** [n, ...shape of a row] int32 labels, or floats in the dtype asked for. */
  readonly targets: T;
  /** [n, …] how much rows count in the loss; default: each once. */
  readonly weights?: Tree;
}

/**
 * Make a batch of tensors from the rows named by `indices`, in that order; each column is prepared as it says.
 *
 * @param indices  [n]  row numbers, repeats allowed
 * @throws {UsageError}  an index is not a row of the split
 * @throws {DtypeError}  the dtype is int32
 * @example
 * const { inputs, targets } = gatherBatch(dataset.train, [3, 1, 4], { dtype: "float64" });
 */
export function gatherBatch<I extends Columns, T extends Columns>(
  split: Split<I, T>,
  indices: ArrayLike<number>,
  placement: Placement = {},
): Batch<TreeOf<I>, TreeOf<T>> {
  const { device, dtype } = placed(placement);
  if (dtype === "int32") {
    throw new DtypeError({
      where: "gatherBatch",
      problem: "the dtype of a batch is that of its floats",
      expected: "float32 or float64",
      got: dtype,
    });
  }
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!;
    if (Number.isInteger(row) && row >= 0 && row < split.count) continue;
    const expected = `a row in 0 … ${split.count - 1}`;
    throw new UsageError({ where: "gatherBatch", problem: `index ${i} is no row of the split`, expected, got: row });
  }
  const gather = (columns: Columns): Tree => mapColumns(columns, (column) => rows(column, indices, { device, dtype }));
  const { inputs, targets, weights } = split;
  const batch: Batch = {
    inputs: gather(inputs),
    targets: gather(targets),
    ...(weights === undefined ? {} : { weights: gather(weights) }),
  };
  return batch as Batch<TreeOf<I>, TreeOf<T>>;
}

function rows(column: Column, indices: ArrayLike<number>, placement: Required<Placement>): Tensor {
  const { values, shape, prepare } = column;
  const n = indices.length;
  const dtype: Dtype = prepare === "integers" ? "int32" : placement.dtype;
  const out = typedArray(dtype, n * sizeOf(shape));
  if (typeof prepare === "string") gatherRows(out, values, indices);
  else scaleBytes(out, values as Uint8Array, indices, prepare);
  return tensor(out, { shape: [n, ...shape], device: placement.device, dtype });
}

function gatherRows(out: TypedArray, values: ColumnValues, indices: ArrayLike<number>): void {
  const size = out.length / indices.length;
  for (let i = 0; i < indices.length; i++) {
    const start = indices[i]! * size;
    out.set(values.subarray(start, start + size), i * size);
  }
}

function scaleBytes(out: TypedArray, values: Uint8Array, indices: ArrayLike<number>, scaling: PixelScaling): void {
  const size = out.length / indices.length;
  const channelSize = size / scaling.mean.length;
  scaling.mean.forEach((mean, channel) => {
    const deviation = scaling.deviation[channel]!;
    const table = Float64Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / deviation);
    const first = channel * channelSize;
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i]! * size + first;
      const to = i * size + first;
      for (let k = 0; k < channelSize; k++) out[to + k] = table[values[from + k]!]!;
    }
  });
}
