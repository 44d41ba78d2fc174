/**
 * C = C₀ ± A B, packed and cache-blocked.
 *
 * A block of C keeps its sums in float64 while k runs through blocks of `depthBlock`. For each, the block of A and the
 * block of B are copied into panels, four rows (columns) wide, which the innermost loop reads strictly in order while a
 * 4×4 tile of C stays in registers.
 *
 * Invariant: every element of C has one accumulator and adds its products in ascending k, starting at C₀. So no block
 * size shows in the result: it has the bits of the naive loop that sums in float64.
 *
 * Packing turns every dtype into float64, so the innermost loop is compiled for one kind of array. It also makes every
 * layout equal: a matrix is given by offsets of its rows and columns, which covers transposes, slices and broadcasts, and
 * the matrix of a convolution's patches too, which therefore never exists in memory.
 *
 *     A [m, depth]   B [depth, n]   C, C₀ [m, n]
 */

import type { TypedArray } from "../tensor/dtype.ts";

/** A matrix whose element (i, j) is data[offset + rows[i] + columns[j]]. */
export interface Matrix {
  readonly data: TypedArray;
  readonly offset: number;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/** The same matrix read with rows for columns. */
export function transposed(matrix: Matrix): Matrix {
  return { ...matrix, rows: matrix.columns, columns: matrix.rows };
}

/** The matrix of the same layout that starts some elements further on. */
export function shifted(matrix: Matrix, by: number): Matrix {
  return { ...matrix, offset: matrix.offset + by };
}

/** Options of `gemm`. */
export interface GemmOptions {
  /** C₀: zeros by default, or C itself to add to it. A bias is a matrix whose rows (or columns) all have offset 0. */
  readonly start?: Matrix | undefined;
  /** Compute C₀ − A B. */
  readonly subtract?: boolean;
  /** Compute only what lies on or below the diagonal of a square C; elements above it are left undefined. */
  readonly lower?: boolean;
}

const rowBlock = 128;
const columnBlock = 128;
const depthBlock = 256;
const tile = 4;

const panelsA = new Float64Array(rowBlock * depthBlock);
const panelsB = new Float64Array(columnBlock * depthBlock);
/** The current block of C: its tiles one after another, down each column of tiles, each tile row-major. */
const sums = new Float64Array(rowBlock * columnBlock);

/**
 * Compute C = C₀ ± A B. C must not overlap A or B.
 *
 * @cost 2·m·n·depth flops, half of that with `lower`; no allocation
 */
export function gemm(
  a: Matrix,
  b: Matrix,
  c: Matrix,
  { start, subtract = false, lower = false }: GemmOptions = {},
): void {
  const m = a.rows.length;
  const depth = a.columns.length;
  for (let i0 = 0; i0 < m; i0 += rowBlock) {
    const rows = Math.min(rowBlock, m - i0);
    const n = lower ? i0 + rows : b.columns.length;
    for (let j0 = 0; j0 < n; j0 += columnBlock) {
      const columns = Math.min(columnBlock, n - j0);
      loadBlock(start, i0, rows, j0, columns);
      for (let k0 = 0; k0 < depth; k0 += depthBlock) {
        const count = Math.min(depthBlock, depth - k0);
        pack(panelsA, subtract ? -1 : 1, a.data, a.offset, a.rows, i0, rows, a.columns, k0, count);
        pack(panelsB, 1, b.data, b.offset, b.columns, j0, columns, b.rows, k0, count);
        let at = 0;
        for (let j = 0; j < columns; j += tile) {
          for (let i = 0; i < rows; i += tile, at += tile * tile) {
            const isAbove = lower && j0 + j >= i0 + i + tile;
            if (!isAbove) multiplyTile(count, i * count, j * count, at);
          }
        }
      }
      storeBlock(c, i0, rows, j0, columns);
    }
  }
}

/** Turn a square matrix whose lower triangle was computed into a symmetric one. */
export function mirrorLower({ data, offset, rows, columns }: Matrix): void {
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < i; j++) data[offset + rows[j]! + columns[i]!] = data[offset + rows[i]! + columns[j]!]!;
  }
}

/**
 * Copy lines first … first+lines of a block, times a factor, into panels of four lines: for each k, the four values side by side.
 * Missing lines of the last panel repeat its last one; what they add up to is never stored.
 */
function pack(
  panels: Float64Array,
  factor: number,
  data: TypedArray,
  offset: number,
  lineOffsets: Int32Array,
  first: number,
  lines: number,
  depthOffsets: Int32Array,
  k0: number,
  count: number,
): void {
  const last = first + lines - 1;
  let to = 0;
  for (let line = first; line <= last; line += tile) {
    const line0 = offset + lineOffsets[line]!;
    const line1 = offset + lineOffsets[Math.min(line + 1, last)]!;
    const line2 = offset + lineOffsets[Math.min(line + 2, last)]!;
    const line3 = offset + lineOffsets[Math.min(line + 3, last)]!;
    for (let k = k0; k < k0 + count; k++, to += tile) {
      const at = depthOffsets[k]!;
      panels[to] = factor * data[line0 + at]!;
      panels[to + 1] = factor * data[line1 + at]!;
      panels[to + 2] = factor * data[line2 + at]!;
      panels[to + 3] = factor * data[line3 + at]!;
    }
  }
}

/** Add a panel of A (at a) times a panel of B (at b) to the tile of sums at `at`. */
function multiplyTile(count: number, a: number, b: number, at: number): void {
  let c00 = sums[at]!;
  let c01 = sums[at + 1]!;
  let c02 = sums[at + 2]!;
  let c03 = sums[at + 3]!;
  let c10 = sums[at + 4]!;
  let c11 = sums[at + 5]!;
  let c12 = sums[at + 6]!;
  let c13 = sums[at + 7]!;
  let c20 = sums[at + 8]!;
  let c21 = sums[at + 9]!;
  let c22 = sums[at + 10]!;
  let c23 = sums[at + 11]!;
  let c30 = sums[at + 12]!;
  let c31 = sums[at + 13]!;
  let c32 = sums[at + 14]!;
  let c33 = sums[at + 15]!;
  for (const end = a + count * tile; a < end; a += tile, b += tile) {
    const b0 = panelsB[b]!;
    const b1 = panelsB[b + 1]!;
    const b2 = panelsB[b + 2]!;
    const b3 = panelsB[b + 3]!;
    const a0 = panelsA[a]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    const a1 = panelsA[a + 1]!;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    const a2 = panelsA[a + 2]!;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    const a3 = panelsA[a + 3]!;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  sums[at] = c00;
  sums[at + 1] = c01;
  sums[at + 2] = c02;
  sums[at + 3] = c03;
  sums[at + 4] = c10;
  sums[at + 5] = c11;
  sums[at + 6] = c12;
  sums[at + 7] = c13;
  sums[at + 8] = c20;
  sums[at + 9] = c21;
  sums[at + 10] = c22;
  sums[at + 11] = c23;
  sums[at + 12] = c30;
  sums[at + 13] = c31;
  sums[at + 14] = c32;
  sums[at + 15] = c33;
}

/** Fill `sums` with a block of C₀, or with zeros. */
function loadBlock(start: Matrix | undefined, i0: number, rows: number, j0: number, columns: number): void {
  if (start === undefined) {
    sums.fill(0, 0, roundUp(rows) * roundUp(columns));
    return;
  }
  const { data, offset } = start;
  const tileColumn = roundUp(rows) * tile;
  for (let i = 0; i < rows; i++) {
    const row = offset + start.rows[i0 + i]!;
    for (let j = 0; j < columns; j++) {
      sums[(j >> 2) * tileColumn + i * tile + (j & 3)] = data[row + start.columns[j0 + j]!]!;
    }
  }
}

/** Write `sums` to a block of C, rounding to its dtype. */
function storeBlock(c: Matrix, i0: number, rows: number, j0: number, columns: number): void {
  const { data, offset } = c;
  const tileColumn = roundUp(rows) * tile;
  for (let i = 0; i < rows; i++) {
    const row = offset + c.rows[i0 + i]!;
    for (let j = 0; j < columns; j++) {
      data[row + c.columns[j0 + j]!] = sums[(j >> 2) * tileColumn + i * tile + (j & 3)]!;
    }
  }
}

function roundUp(lines: number): number {
  return Math.ceil(lines / tile) * tile;
}
