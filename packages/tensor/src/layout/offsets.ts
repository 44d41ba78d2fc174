/** Where strided elements lie: lists of offsets from a first element, which loops and packing read instead of multiplying. */

import { broadcastStrides, type Layout, type Shape } from "../tensor/shape.ts";

/** Offsets along one axis: 0, stride, 2·stride, …. */
export function steps(count: number, stride: number): Int32Array {
  const offsets = new Int32Array(count);
  for (let i = 0; i < count; i++) offsets[i] = i * stride;
  return offsets;
}

/** Every sum of one term from each list, the last list running fastest. */
export function outerSum(...lists: readonly ArrayLike<number>[]): Int32Array {
  let sums = Int32Array.of(0);
  for (const list of lists) {
    const next = new Int32Array(sums.length * list.length);
    for (let i = 0, k = 0; i < sums.length; i++) {
      for (let j = 0; j < list.length; j++) next[k++] = sums[i]! + list[j]!;
    }
    sums = next;
  }
  return sums;
}

/** Offsets of all elements, row-major. */
export function offsetsOf(shape: Shape, strides: readonly number[]): Int32Array {
  return outerSum(...shape.map((count, axis) => steps(count, strides[axis] as number)));
}

/** Offsets of a batch of matrices [..., rows, columns]: of each one's first element, with the leading axes broadcast to `lead`. */
export function batchOffsets({ shape, strides }: Pick<Layout, "shape" | "strides">, lead: Shape): Int32Array {
  return offsetsOf(lead, broadcastStrides({ shape: shape.slice(0, -2), strides: strides.slice(0, -2) }, lead));
}
