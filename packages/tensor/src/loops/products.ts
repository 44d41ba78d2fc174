/** The loops of matmul, linear and syrk: packed products of strided matrices. */

import { batchOffsets, offsetsOf, steps } from "../layout/offsets.ts";
import type { HostOperand } from "../layout/operand.ts";
import type { Reference } from "../op/op.ts";
import { gemm, type Matrix, mirrorLower, shifted, transposed } from "./gemm.ts";

type None = Record<string, never>;

/** The matrix of an operand's last two axes (the first one of a batch). */
function matrixOf({ data, offset, shape, strides }: HostOperand): Matrix {
  const [rows, columns] = [shape.length - 2, shape.length - 1];
  return {
    data,
    offset,
    rows: steps(shape[rows]!, strides[rows]!),
    columns: steps(shape[columns]!, strides[columns]!),
  };
}

/** [..., m, k] × [..., k, n] → [..., m, n] */
export const matmulLoops: Reference<None, ["a", "b"]> = ([out], [a, b]) => {
  const lead = out.shape.slice(0, -2);
  const [left, right, target] = [matrixOf(a), matrixOf(b), matrixOf(out)];
  const startsB = batchOffsets(b, lead);
  const startsOut = batchOffsets(out, lead);
  batchOffsets(a, lead).forEach((startA, batch) => {
    gemm(shifted(left, startA), shifted(right, startsB[batch]!), shifted(target, startsOut[batch]!));
  });
};

/** x [..., in], weight [out, in], bias [out] → [..., out]; the bias is where the sums start. */
export const linearLoops: Reference<None, ["x", "weight", ..."bias"[]]> = ([out], [x, weight, bias]) => {
  const rows = offsetsOf(x.shape.slice(0, -1), x.strides); // any layout of the leading axes
  const outputs = weight.shape[0]!;
  gemm(
    { ...x!, rows, columns: steps(x.shape.at(-1)!, x.strides.at(-1)!) },
    transposed(matrixOf(weight)),
    { ...out!, rows: steps(rows.length, outputs), columns: steps(outputs, 1) },
    { start: bias && { ...bias, rows: steps(rows.length, 0), columns: steps(outputs, bias.strides[0]!) } },
  );
};

/** out [m, n] += A [m, k] × B [k, n] */
export const addProductLoops: Reference<None, ["a", "b"]> = ([out], [a, b]) => {
  const target = matrixOf(out);
  gemm(matrixOf(a), matrixOf(b), target, { start: target });
};

/** X [n, k] → X Xᵀ [n, n]: the lower triangle is computed, the upper copied from it. */
export const syrkLoops: Reference<None, ["x"]> = ([out], [x]) => {
  const matrix = matrixOf(x);
  const target = matrixOf(out);
  gemm(matrix, transposed(matrix), target, { lower: true });
  mirrorLower(target);
};
