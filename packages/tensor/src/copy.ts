/** The one loop that copies strided elements; conversions between dtypes happen in the store. */

import type { HostOperand } from "./backend.ts";
import { isContiguous, sizeOf } from "./shape.ts";

/** Copy `source` (any layout, any dtype) into `target` (contiguous, same shape), row-major. */
export function elementwiseCopy(target: HostOperand, source: HostOperand): void {
  const { shape, strides, data } = source;
  const size = sizeOf(shape);
  if (size === 0) return;
  if (isContiguous(source)) {
    for (let i = 0; i < size; i++) target.data[target.offset + i] = data[source.offset + i]!;
    return;
  }
  const last = shape.length - 1;
  const width = shape[last] as number;
  const step = strides[last] as number;
  const index = new Int32Array(shape.length);
  let position = source.offset;
  for (let out = target.offset; out < target.offset + size; out += width) {
    for (let j = 0, from = position; j < width; j++, from += step) target.data[out + j] = data[from]!;
    for (let axis = last - 1; axis >= 0; axis--) {
      position += strides[axis]!;
      index[axis]! += 1;
      if (index[axis]! < shape[axis]!) break;
      position -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}
