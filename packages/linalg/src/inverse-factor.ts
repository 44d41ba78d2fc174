/**
 * L⁻¹ of A = L Lᵀ in A's place, by halves, without L itself: A⁻¹ = L⁻ᵀ L⁻¹ needs no more, and is positive semidefinite
 * whatever rounding does, because it is a square.
 *
 *     A = [P  Qᵀ]     M = L⁻¹ of P     W = Q Mᵀ     N = L⁻¹ of R − W Wᵀ     L⁻¹ of A = [   M     0]
 *         [Q  R ]                                                                      [−N W M   N]
 *
 * M and N are found the same way until they are small; all else is products, which is where a machine is fast.
 *
 * Source: Golub & Van Loan, Matrix Computations, §4.2.9 (recursive block Cholesky)
 */

import { gemm, type Matrix, transposed } from "@kronograd/tensor";
import { part, scratch, smallest } from "./recursive.ts";

/**
 * Put L⁻¹ in A's place, zeros above its diagonal.
 *
 * @param A      [n, n]  float64; only the lower triangle is read
 * @param fail   makes the error of a pivot that is not a positive number
 * @param first  the number of A's first row, for that error
 */
export function inverseFactor(A: Matrix, fail: (pivot: number, value: number) => Error, first = 0): void {
  const { data, offset, rows, columns } = A;
  const n = rows.length;
  if (n <= smallest) inverseFactorByRows(A, fail, first);
  else {
    const half = n >> 1;
    const [P, R] = [part(A, [0, half], [0, half]), part(A, [half, n], [half, n])];
    const Q = part(A, [half, n], [0, half]);
    const [W, NW] = [scratch(n - half, half), scratch(n - half, half)];
    inverseFactor(P, fail, first); // M
    gemm(Q, transposed(P), W);
    gemm(W, transposed(W), R, { start: R, subtract: true, lower: true });
    inverseFactor(R, fail, first + half); // N
    gemm(R, W, NW);
    gemm(NW, P, Q, { subtract: true });
  }
  for (let i = 0; i < n; i++) for (const column of columns.subarray(i + 1)) data[offset + rows[i]! + column] = 0;
}

/** The same with a half of one row: row i of L is M a for row a of A, and row i of L⁻¹ is made of it. */
function inverseFactorByRows(A: Matrix, fail: (pivot: number, value: number) => Error, first: number): void {
  const { data, offset, rows, columns } = A;
  const at = (i: number, j: number) => offset + rows[i]! + columns[j]!;
  for (let i = 0; i < rows.length; i++) {
    let pivot = data[at(i, i)]!;
    for (let j = i - 1; j >= 0; j--) {
      let total = 0;
      for (let k = 0; k <= j; k++) total += data[at(j, k)]! * data[at(i, k)]!;
      data[at(i, j)] = total;
      pivot -= total * total;
    }
    if (!(pivot > 0 && Number.isFinite(pivot))) throw fail(first + i, pivot);
    const root = Math.sqrt(pivot);
    for (let k = 0; k < i; k++) {
      let total = 0;
      for (let j = k; j < i; j++) total += data[at(i, j)]! * data[at(j, k)]!;
      data[at(i, k)] = -total / root;
    }
    data[at(i, i)] = 1 / root;
  }
}
