/** Kernels of matmul, linear and syrk: packed products of strided matrices. */

import type { Kernel, Operand } from "../../backend.ts";
import type { TypedArray } from "../../dtype.ts";
import { batchOffsets, offsetsOf, steps } from "../../offsets.ts";
import { gemm, type Matrix, mirrorLower, shifted, transposed } from "./gemm.ts";

/** The matrix of an operand's last two axes (the first one of a batch). */
function matrixOf({ handle, offset, shape, strides }: Operand): Matrix {
  const [rows, columns] = [shape.length - 2, shape.length - 1];
  return {
    data: handle as TypedArray,
    offset,
    rows: steps(shape[rows]!, strides[rows]!),
    columns: steps(shape[columns]!, strides[columns]!),
  };
}

/** [..., m, k] × [..., k, n] → [..., m, n] */
export const matmulKernel: Kernel = ([out], [a, b]) => {
  const lead = out!.shape.slice(0, -2);
  const [left, right, target] = [matrixOf(a!), matrixOf(b!), matrixOf(out!)];
  const startsB = batchOffsets(b!, lead);
  const startsOut = batchOffsets(out!, lead);
  batchOffsets(a!, lead).forEach((startA, batch) => {
    gemm(shifted(left, startA), shifted(right, startsB[batch]!), shifted(target, startsOut[batch]!));
  });
};

/** x [..., in], weight [out, in], bias [out] → [..., out]; the bias is where the sums start. */
export const linearKernel: Kernel = ([out], [x, weight, bias]) => {
  const last = x!.shape.length - 1;
  const rows = offsetsOf(x!.shape.slice(0, last), x!.strides); // any layout of the leading axes
  const features = steps(x!.shape[last]!, x!.strides[last]!);
  const outputs = weight!.shape[0]!;
  const start = bias && {
    data: bias.handle as TypedArray,
    offset: bias.offset,
    rows: steps(rows.length, 0),
    columns: steps(outputs, bias.strides[0]!),
  };
  gemm(
    { data: x!.handle as TypedArray, offset: x!.offset, rows, columns: features },
    transposed(matrixOf(weight!)),
    {
      data: out!.handle as TypedArray,
      offset: out!.offset,
      rows: steps(rows.length, outputs),
      columns: steps(outputs, 1),
    },
    { start },
  );
};

/** X [n, k] → X Xᵀ [n, n]: the lower triangle is computed, the upper copied from it. */
export const syrkKernel: Kernel = ([out], [x]) => {
  const matrix = matrixOf(x!);
  const target = matrixOf(out!);
  gemm(matrix, transposed(matrix), target, { lower: true });
  mirrorLower(target);
};
