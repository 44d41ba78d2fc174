/**
 * Float64 scratch matrices, and the triangular solve and the factorisation that are made of products.
 *
 * Both halve the matrix until it is small: what lies beside the diagonal is one product, and products are where the
 * flops are. So there is one fast loop, `gemm`, and small matrices go through the textbook's three loops. Transposed and
 * reversed matrices are the same memory read through other offsets. Float32 inputs are computed in float64 throughout and
 * rounded once, at the end; results depend on nothing but the inputs.
 */

import { gemm, type HostOperand, type Matrix, rowMajor, steps, transposed } from "@kronograd/tensor";

/** Matrices up to this size are not halved. */
export const smallest = 16;

/** A matrix in float64 memory of its own. */
export interface Scratch extends Matrix {
  readonly data: Float64Array;
}

/** Make row-major scratch, of zeros or around the given numbers. */
export function scratch(rows: number, columns: number, data = new Float64Array(rows * columns)): Scratch {
  return { data, offset: 0, rows: steps(rows, columns), columns: steps(columns, 1) };
}

/** Copy a matrix into row-major scratch. */
export function scratchOf(view: HostOperand): Scratch {
  const [rows, columns] = view.shape as [number, number];
  return scratch(rows, columns, new Float64Array(rowMajor(view)));
}

/** The matrix with its rows in reverse order. */
export function flipped(matrix: Matrix): Matrix {
  return { ...matrix, rows: matrix.rows.toReversed() };
}

/** Rows and columns from … to of a matrix. */
export function part(matrix: Matrix, rows: readonly [number, number], columns: readonly [number, number]): Matrix {
  return { ...matrix, rows: matrix.rows.subarray(...rows), columns: matrix.columns.subarray(...columns) };
}

/** The last column that is not all zeros, counted from 1; 0 if there is none. */
function columnsUsed({ data, offset, rows, columns }: Matrix): number {
  const isZero = (column: number) => rows.every((row) => data[offset + row + columns[column]!] === 0);
  let count = columns.length;
  while (count > 0 && isZero(count - 1)) count--;
  return count;
}

/**
 * Solve L X = B in place: forward substitution, B in X's place.
 *
 * @param L  [n, n]  the lower triangle is read, without its diagonal where that is taken as ones
 * @param X  [n, k]  columns that start with zeros (an identity's) cost less
 */
export function solveLower(L: Matrix, X: Matrix, unitDiagonal = false): void {
  const n = L.rows.length;
  const k = X.columns.length;
  if (n > smallest) {
    const half = n >> 1;
    const above = part(X, [0, half], [0, k]);
    const used = columnsUsed(above);
    const top = part(X, [0, half], [0, used]);
    const bottom = part(X, [half, n], [0, used]);
    solveLower(part(L, [0, half], [0, half]), top, unitDiagonal);
    gemm(part(L, [half, n], [0, half]), top, bottom, { start: bottom, subtract: true });
    solveLower(part(L, [half, n], [half, n]), part(X, [half, n], [0, k]), unitDiagonal);
    return;
  }
  const { data, columns } = X;
  for (let i = 0; i < n; i++) {
    const row = X.offset + X.rows[i]!;
    const factors = L.offset + L.rows[i]!;
    for (let above = 0; above < i; above++) {
      const factor = L.data[factors + L.columns[above]!]!;
      const source = X.offset + X.rows[above]!;
      for (let j = 0; j < k; j++) data[row + columns[j]!]! -= factor * data[source + columns[j]!]!;
    }
    if (unitDiagonal) continue;
    const pivot = L.data[factors + L.columns[i]!]!;
    for (let j = 0; j < k; j++) data[row + columns[j]!]! /= pivot;
  }
}

/**
 * Factor A = L Lᵀ in place: L in the place of A's lower triangle, which alone is read.
 *
 * @param fail   makes the error of a pivot that is not a positive number
 * @param first  the number of A's first row, for that error
 */
export function factorLower(A: Matrix, fail: (pivot: number, value: number) => Error, first = 0): void {
  const n = A.rows.length;
  if (n > smallest) {
    const half = n >> 1;
    const corner = part(A, [0, half], [0, half]);
    const below = part(A, [half, n], [0, half]);
    const rest = part(A, [half, n], [half, n]);
    factorLower(corner, fail, first);
    solveLower(corner, transposed(below)); // L₂₁ L₁₁ᵀ = A₂₁
    gemm(below, transposed(below), rest, { start: rest, subtract: true, lower: true });
    factorLower(rest, fail, first + half);
    return;
  }
  const { data, offset, rows, columns } = A;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const [row, other] = [offset + rows[i]!, offset + rows[j]!];
      let value = data[row + columns[j]!]!;
      for (let k = 0; k < j; k++) value -= data[row + columns[k]!]! * data[other + columns[k]!]!;
      if (j < i) value /= data[other + columns[j]!]!;
      else if (value > 0 && value < Number.POSITIVE_INFINITY) value = Math.sqrt(value);
      else throw fail(first + i, value);
      data[row + columns[j]!] = value;
    }
  }
}
