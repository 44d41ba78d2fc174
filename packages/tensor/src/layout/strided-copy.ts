/** The one loop that copies strided elements; conversions between dtypes happen in the store. */

import { isContiguous, sizeOf } from "../tensor/shape.ts";
import { offsetsOf } from "./offsets.ts";
import type { HostOperand } from "./operand.ts";

/** Copy `source` (any layout, any dtype) into `target` (contiguous, same shape), row-major. */
export function elementwiseCopy(target: HostOperand, source: HostOperand): void {
  const { data, offset } = source;
  const { shape, strides } = isContiguous(source) ? { shape: [sizeOf(source.shape)], strides: [1] } : source;
  const width = shape.at(-1) ?? 1;
  const step = strides.at(-1) ?? 1;
  let to = target.offset;
  for (const row of offsetsOf(shape.slice(0, -1), strides)) {
    for (let j = 0, from = offset + row; j < width; j++, from += step) target.data[to++] = data[from]!;
  }
}
