/** Layouts as kernels want them: offsets of outer axes, matrices of the last two, dense copies. */

import { broadcastStrides, type Layout, type Operand, type Shape } from "@kronograd/tensor";

/** Offsets of all elements of a strided block, in elements, row-major. */
export function offsetsOf(shape: Shape, strides: readonly number[]): number[] {
  let offsets = [0];
  shape.forEach((count, axis) => {
    offsets = offsets.flatMap((start) => Array.from({ length: count }, (_, i) => start + i * strides[axis]!));
  });
  return offsets;
}

/** Offsets of a batch of matrices [..., rows, columns], with the leading axes broadcast to `lead`. */
export function batchOffsets({ shape, strides }: Layout, lead: Shape): number[] {
  return offsetsOf(lead, broadcastStrides({ shape: shape.slice(0, -2), strides: strides.slice(0, -2) }, lead));
}

/** What belongs to a float dtype; null for integers. */
export const byFloat =
  <T>(narrow: T, wide: T) =>
  (dtype: Operand["dtype"]): T | null =>
    dtype === "float32" ? narrow : dtype === "float64" ? wide : null;

/** Whether every operand has this dtype. */
export function allOf(dtype: Operand["dtype"], ...operands: readonly (readonly Operand[])[]): boolean {
  return operands.every((list) => list.every((operand) => operand.dtype === dtype));
}
