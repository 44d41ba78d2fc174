/**
 * Float64 scratch matrices and the one inner loop of the reference kernels.
 *
 * Cholesky and the triangular solves all reduce to X Lᵀ = B for rows of X, four rows and four columns at a time: a tile
 * of sixteen dot products of contiguous rows, each with one accumulator in ascending order (so results do not depend on
 * anything but the inputs). Scratch is padded to whole tiles, so there is no edge case; views are transposed and flipped by
 * their strides while they are read. Float32 inputs are computed in float64 throughout and rounded once, at the end.
 */

import type { HostOperand } from "@kronograd/tensor";

export const tileSize = 4;

/** The next multiple of the tile size. */
export function padded(n: number): number {
  return Math.ceil(n / tileSize) * tileSize;
}

/** The view with its axes swapped. */
export function transposed(view: HostOperand): HostOperand {
  const [rows, columns] = view.shape as [number, number];
  const [down, right] = view.strides as [number, number];
  return { ...view, shape: [columns, rows], strides: [right, down] };
}

/** The view with its rows in reverse order. */
export function flipped(view: HostOperand): HostOperand {
  const [rows] = view.shape as [number, number];
  const [down, right] = view.strides as [number, number];
  return { ...view, strides: [-down, right], offset: view.offset + Math.max(0, rows - 1) * down };
}

/** Copy a matrix view into row-major scratch of whole tiles; padding is 0. */
export function load(view: HostOperand): Float64Array {
  const [rows, columns] = view.shape as [number, number];
  const [down, right] = view.strides as [number, number];
  const { data } = view;
  const width = padded(columns);
  const scratch = new Float64Array(padded(rows) * width);
  for (let i = 0; i < rows; i++) {
    let from = view.offset + i * down;
    for (let to = i * width; to < i * width + columns; to++, from += right) scratch[to] = data[from]!;
  }
  return scratch;
}

/** Copy scratch back into a matrix view. */
export function store(view: HostOperand, scratch: Float64Array): void {
  const [rows, columns] = view.shape as [number, number];
  const [down, right] = view.strides as [number, number];
  const { data } = view;
  const width = padded(columns);
  for (let i = 0; i < rows; i++) {
    let to = view.offset + i * down;
    for (let from = i * width; from < i * width + columns; from++, to += right) data[to] = scratch[from]!;
  }
}

/** Dot products of a tile: row a of the left four times row b of the right four is at 4a + b. */
const dots = new Float64Array(tileSize * tileSize);

/** Fill `dots` from columns start … end of four rows of X (from row x on) and four of L; both are `width` wide. */
export function dotTile(
  X: Float64Array,
  x: number,
  L: Float64Array,
  l: number,
  start: number,
  end: number,
  width: number,
): Float64Array {
  const x0 = x * width;
  const x1 = x0 + width;
  const x2 = x1 + width;
  const x3 = x2 + width;
  const l0 = l * width;
  const l1 = l0 + width;
  const l2 = l1 + width;
  const l3 = l2 + width;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (let k = start; k < end; k++) {
    const p0 = X[x0 + k]!;
    const p1 = X[x1 + k]!;
    const p2 = X[x2 + k]!;
    const p3 = X[x3 + k]!;
    let q = L[l0 + k]!;
    s00 += p0 * q;
    s10 += p1 * q;
    s20 += p2 * q;
    s30 += p3 * q;
    q = L[l1 + k]!;
    s01 += p0 * q;
    s11 += p1 * q;
    s21 += p2 * q;
    s31 += p3 * q;
    q = L[l2 + k]!;
    s02 += p0 * q;
    s12 += p1 * q;
    s22 += p2 * q;
    s32 += p3 * q;
    q = L[l3 + k]!;
    s03 += p0 * q;
    s13 += p1 * q;
    s23 += p2 * q;
    s33 += p3 * q;
  }
  dots[0] = s00;
  dots[1] = s01;
  dots[2] = s02;
  dots[3] = s03;
  dots[4] = s10;
  dots[5] = s11;
  dots[6] = s12;
  dots[7] = s13;
  dots[8] = s20;
  dots[9] = s21;
  dots[10] = s22;
  dots[11] = s23;
  dots[12] = s30;
  dots[13] = s31;
  dots[14] = s32;
  dots[15] = s33;
  return dots;
}

/**
 * Solve X Lᵀ = B in place for four rows of X (from row x on), columns start … end: forward substitution by tiles. Columns
 * before `start` are taken as zeros. Reads the lower triangle of L.
 */
export function solveRows(
  X: Float64Array,
  x: number,
  L: Float64Array,
  start: number,
  end: number,
  width: number,
): void {
  for (let j = start; j < end; j += tileSize) {
    const tile = dotTile(X, x, L, j, start, j, width);
    for (let a = 0; a < tileSize; a++) {
      const row = (x + a) * width + j;
      for (let b = 0; b < tileSize; b++) {
        const pivotRow = (j + b) * width + j;
        let value = X[row + b]! - tile[a * tileSize + b]!;
        for (let c = 0; c < b; c++) value -= X[row + c]! * L[pivotRow + c]!;
        X[row + b] = value / L[pivotRow + b]!;
      }
    }
  }
}

/** The tile column where four rows of X (from row x on) stop being zero. */
export function firstTile(X: Float64Array, x: number, width: number): number {
  let first = width;
  for (let a = 0; a < tileSize; a++) {
    let k = 0;
    while (k < first && X[(x + a) * width + k] === 0) k++;
    first = k - (k % tileSize);
  }
  return first;
}
