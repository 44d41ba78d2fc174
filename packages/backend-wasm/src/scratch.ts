/** Row-major copies of operands, for kernels that want them so. */

import { isContiguous, type Operand, sizeOf, stridesOf, type TypedArray } from "@kronograd/tensor";
import type { Block, Memory } from "./memory.ts";

/** The operand itself where it lies row-major, else a copy in scratch memory. */
export function dense(memory: Memory, operand: Operand): Operand {
  if (isContiguous(operand)) return operand;
  const { shape, dtype } = operand;
  const handle = memory.scratch(dtype, sizeOf(shape));
  copyStrided(memory.view(handle), memory.view(operand.handle as Block), operand);
  return { shape, strides: stridesOf(shape), offset: 0, dtype, handle };
}

/** The values of a dense operand. */
export function valuesOf(memory: Memory, { handle, offset, shape }: Operand): TypedArray {
  return memory.view(handle as Block).subarray(offset, offset + sizeOf(shape));
}

function copyStrided(target: TypedArray, source: TypedArray, { shape, strides, offset }: Operand): void {
  let to = 0;
  const visit = (axis: number, from: number): void => {
    if (axis === shape.length) target[to++] = source[from]!;
    else for (let i = 0, at = from; i < shape[axis]!; i++, at += strides[axis]!) visit(axis + 1, at);
  };
  visit(0, offset);
}
