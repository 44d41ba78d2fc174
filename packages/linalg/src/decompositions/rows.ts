/** Matrices as ml-matrix takes them: arrays of rows, finite, scaled by a power of two to a largest element in [1, 2). */

import { type HostOperand, NumericalError } from "@kronograd/tensor";

/**
 * Read a matrix view over its unit; the product with the unit is exact.
 *
 * @throws {NumericalError}  an element is not finite
 */
export function rowsOf(where: string, A: HostOperand): { rows: number[][]; unit: number } {
  const [m, n] = A.shape as [number, number];
  const [down, right] = A.strides as [number, number];
  let largest = 0;
  const rows = Array.from({ length: m }, (_, i) =>
    Array.from({ length: n }, (_, j) => {
      const value = A.data[A.offset + i * down + j * right] as number;
      if (!Number.isFinite(value)) throw notFinite(where, i, j, value, m, n);
      largest = Math.max(largest, Math.abs(value));
      return value;
    }),
  );
  const unit = largest === 0 ? 1 : 2 ** Math.max(-1022, Math.floor(Math.log2(largest)));
  for (const row of rows) for (let j = 0; j < n; j++) row[j] = (row[j] as number) / unit;
  return { rows, unit };
}

function notFinite(where: string, row: number, column: number, value: number, m: number, n: number): NumericalError {
  return new NumericalError({
    where,
    problem: `A is not finite (element [${row}, ${column}] is ${value}, matrix [${m}, ${n}])`,
    help: "Look for NaN or Infinity in what it was made from.",
    details: { row, column, value, shape: [m, n] },
  });
}
