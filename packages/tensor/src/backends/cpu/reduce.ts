/** The kernel of sum for contiguous inputs and neighbouring axes: plain loops over [outer, n, inner]. */

import type { Kernel, Operand } from "../../backend.ts";
import { chunkSize, load, store } from "../../chunk.ts";
import type { TypedArray } from "../../dtype.ts";
import type { Reduced } from "../../ops/sum.ts";
import { isContiguous, sizeOf } from "../../shape.ts";

const terms = new Float64Array(chunkSize);
const sums = new Float64Array(chunkSize);

/** Declines strided inputs and axes with others between them. Adds in the order of the reference, so the bits are the same. */
export const sumKernel: Kernel = ([out], [x], { axes }: Reduced) => {
  const { shape, offset } = x as Operand;
  if (axes.length === 0) return false;
  const first = axes[0] as number;
  const last = axes.at(-1) as number;
  const split = shape.some((n, axis) => n !== 1 && axis > first && axis < last && !axes.includes(axis));
  if (split || !isContiguous(x!)) return false;
  const outer = sizeOf(shape.slice(0, first));
  const n = sizeOf(shape.slice(first, last + 1));
  const inner = sizeOf(shape.slice(last + 1));
  const data = x!.handle as TypedArray;
  const target = out!.handle as TypedArray;
  for (let i = 0; i < outer; i++) {
    const from = offset + i * n * inner;
    if (inner === 1) target[out!.offset + i] = total(data, from, n);
    else {
      for (let column = 0; column < inner; column += chunkSize) {
        const width = Math.min(chunkSize, inner - column);
        addRows(data, from + column, n, inner, width);
        store(target, out!.offset + i * inner + column, sums, width);
      }
    }
  }
};

function total(data: TypedArray, from: number, n: number): number {
  let result = 0;
  for (let start = 0; start < n; start += chunkSize) {
    const count = Math.min(chunkSize, n - start);
    load(terms, data, from + start, count);
    for (let i = 0; i < count; i++) result += terms[i]!;
  }
  return result;
}

/** sums ← the sum of n rows, `stride` apart. */
function addRows(data: TypedArray, from: number, n: number, stride: number, width: number): void {
  sums.fill(0, 0, width);
  for (let row = 0; row < n; row++) {
    load(terms, data, from + row * stride, width);
    for (let i = 0; i < width; i++) sums[i]! += terms[i]!;
  }
}
