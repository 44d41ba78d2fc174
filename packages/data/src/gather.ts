/** Batches of tensors from rows of a split. */

import {
  DtypeError,
  type Placement,
  placed,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensor,
  typedArray,
  UsageError,
} from "@kronograd/tensor";
import type { PixelScaling, Split } from "./dataset.ts";

/** One batch on a device; the caller owns both handles. */
export interface Batch {
  /** [n, ...inputShape] in the dtype asked for. */
  readonly inputs: Tensor;
  /** [n] int32 class numbers, or [n, ...targetShape] in the dtype of the inputs. */
  readonly targets: Tensor;
}

/**
 * Make a batch of tensors from the rows named by `indices`, in that order; bytes are scaled on the way.
 *
 * @param indices  [n]  row numbers, repeats allowed
 * @throws {UsageError}  an index is not a row of the split
 * @throws {DtypeError}  the dtype is int32
 * @example
 * const { inputs, targets } = gatherBatch(dataset.train, [3, 1, 4], { dtype: "float64" });
 */
export function gatherBatch(split: Split, indices: ArrayLike<number>, placement: Placement = {}): Batch {
  const { device, dtype } = placed(placement);
  if (dtype === "int32") {
    throw new DtypeError({
      where: "gatherBatch",
      problem: "inputs are floats",
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
  const { inputs, inputShape, targets, targetShape, scaling } = split;
  const n = indices.length;
  const inputValues = typedArray(dtype, n * sizeOf(inputShape));
  if (inputs instanceof Uint8Array) gatherBytes(inputValues, inputs, indices, scaling ?? unscaled);
  else gatherRows(inputValues, inputs, indices);
  const targetDtype = targets instanceof Int32Array ? "int32" : dtype;
  const targetValues = typedArray(targetDtype, n * sizeOf(targetShape));
  gatherRows(targetValues, targets, indices);
  return {
    inputs: tensor(inputValues, { shape: [n, ...inputShape], device, dtype }),
    targets: tensor(targetValues, { shape: [n, ...targetShape], device, dtype: targetDtype }),
  };
}

const unscaled: PixelScaling = { mean: [0], deviation: [1] };

function gatherRows(out: TypedArray, rows: TypedArray, indices: ArrayLike<number>): void {
  const size = out.length / indices.length;
  for (let i = 0; i < indices.length; i++) {
    const start = indices[i]! * size;
    out.set(rows.subarray(start, start + size), i * size);
  }
}

function gatherBytes(out: TypedArray, rows: Uint8Array, indices: ArrayLike<number>, scaling: PixelScaling): void {
  const size = out.length / indices.length;
  const channelSize = size / scaling.mean.length;
  scaling.mean.forEach((mean, channel) => {
    const deviation = scaling.deviation[channel]!;
    const table = Float64Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / deviation);
    const first = channel * channelSize;
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i]! * size + first;
      const to = i * size + first;
      for (let k = 0; k < channelSize; k++) out[to + k] = table[rows[from + k]!]!;
    }
  });
}
