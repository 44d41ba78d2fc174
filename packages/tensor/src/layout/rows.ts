/** Reading a strided operand as rows: what reductions, softmax and their relatives loop over. */

import { type TypedArray, typedArray } from "../tensor/dtype.ts";
import { isContiguous, type Layout, type Shape, sizeOf, stridesOf } from "../tensor/shape.ts";
import { offsetsOf } from "./offsets.ts";
import type { HostOperand } from "./operand.ts";
import { elementwiseCopy } from "./strided-copy.ts";

/** The shape without some axes. */
export function without(shape: Shape, axes: readonly number[]): number[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** The shape with size 1 in some axes. */
export function withOnes(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
}

/** The values of an operand from place 0 on, row-major: its own memory where it lies so, else a copy. */
export function rowMajor(operand: HostOperand): TypedArray {
  const { shape, offset, dtype, data } = operand;
  const size = sizeOf(shape);
  if (isContiguous(operand)) return data.subarray(offset, offset + size) as TypedArray;
  const packed = typedArray(dtype, size);
  elementwiseCopy({ shape, strides: stridesOf(shape), offset: 0, dtype, data: packed }, operand);
  return packed;
}

/**
 * Walk a strided array as a matrix: one row for each index of the kept axes (row-major); `visit` gets the positions of its
 * elements along `axes`, ascending, in one reused array.
 */
export function forEachRow(
  layout: Layout,
  axes: readonly number[],
  visit: (row: number, positions: Int32Array) => void,
): void {
  const along = (list: readonly number[]) =>
    offsetsOf(
      list.map((axis) => layout.shape[axis] as number),
      list.map((axis) => layout.strides[axis] as number),
    );
  const kept = layout.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const offsets = along(axes);
  const starts = along(kept);
  const positions = new Int32Array(offsets.length);
  for (let row = 0; row < starts.length; row++) {
    const start = layout.offset + starts[row]!;
    for (let i = 0; i < offsets.length; i++) positions[i] = start + offsets[i]!;
    visit(row, positions);
  }
}

/** Walk the vectors along one axis of a row-major array of this shape: element i of a lane is at start + i·step. */
export function forEachLane(shape: Shape, axis: number, visit: (start: number, step: number, n: number) => void): void {
  const n = shape[axis] as number;
  const step = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  for (let i = 0; i < outer; i++) for (let j = 0; j < step; j++) visit(i * n * step + j, step, n);
}
