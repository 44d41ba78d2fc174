/**
 * The kernel of symmetricEigen, in float64 for both dtypes: Householder reflections to tridiagonal form, then the implicit QR
 * iteration with Wilkinson's shift.
 *
 * A reflection needs the product of the matrix with its vector, and that vector is a row of the matrix after the reflection
 * before. So that row is brought up to date alone, and one pass over memory then updates the rest and makes the product.
 *
 * The QR iteration works on two vectors and only writes down its rotations. Eigenvectors come from unit vectors, through the
 * rotations in reverse and the reflections in reverse, so those of the `largest` eigenvalues cost only their own part.
 *
 * What is not finite, or does not settle, is left to the reference, which names it.
 *
 * Source: Golub & Van Loan, Matrix Computations, §8.3.
 */

import { type Operand, sizeOf } from "@kronograd/tensor";
import { defineReflect, defineRotate, defineUpdateTimes } from "../emit/eigen.ts";
import type { Tuple } from "../engine/assembler.ts";
import { addressOf } from "../engine/runtime.ts";
import type { Kernels, Kit } from "../kit.ts";
import { runReference } from "../reference.ts";

const bytes = 8;
const mostSteps = 60;

const even = (n: number) => n + (n & 1);

/** The kernel of symmetricEigen, which truncated SKFAC asks for. */
export function eigenKernels(kit: Kit): Kernels {
  const code = kit.code<"updateTimes" | "rotate" | "reflect">((module) => {
    defineUpdateTimes(module, "updateTimes", kit.fused);
    defineRotate(module, "rotate", kit.fused);
    defineReflect(module, "reflect", kit.fused);
  });

  /**
   * A [m, m], m = n rounded up to even, to T = Q A Qᵀ: the diagonal of A and what is returned beside it are those of T, and row
   * k of A from column k + 1 on the vector of reflection k, with length √2 or 0.
   */
  const tridiagonalise = (A: Operand, n: number): Float64Array => {
    const m = even(n);
    const [v, p, w, t] = [0, 1, 2, 3].map(() => kit.temporary("float64", [m])) as Tuple<Operand, 4>;
    const a = kit.values(A) as Float64Array;
    const [vNow, pNow, wNow, tNow] = [v, p, w, t].map((x) => kit.values(x).fill(0)) as Tuple<Float64Array, 4>;
    const beside = new Float64Array(n);
    for (let k = 0; k < n - 1; k++) {
      const row = k * m;
      const [vk, pk] = [vNow[k]!, pNow[k]!];
      for (let j = k; j < n; j++) a[row + j]! -= vk * pNow[j]! + pk * vNow[j]!;
      vNow[k] = 0; // so that the pass below leaves row k alone
      pNow[k] = 0;
      let norm2 = 0;
      for (let j = k + 1; j < n; j++) norm2 += a[row + j]! * a[row + j]!;
      const first = a[row + k + 1]!;
      const alpha = first > 0 ? -Math.sqrt(norm2) : Math.sqrt(norm2);
      beside[k] = alpha;
      const half = norm2 - alpha * first; // ½ vᵀv before scaling
      a[row + k + 1] = first - alpha;
      const factor = half === 0 ? 0 : 1 / Math.sqrt(half);
      wNow[k] = 0;
      for (let j = k + 1; j < n; j++) wNow[j] = a[row + j]! *= factor;
      const start = (k + 1) & ~1; // of whole vectors and pairs of rows
      const at = start * bytes;
      const vectors = [v, p, w].map((x) => addressOf(x) + at) as Tuple<number, 3>;
      const target = addressOf(t) + at;
      code().updateTimes(m - start, addressOf(A) + at * (m + 1), m * bytes, ...vectors, target);
      let along = 0;
      for (let i = k + 1; i < n; i++) along += tNow[i]! * wNow[i]!;
      for (let i = k + 1; i < n; i++) {
        vNow[i] = wNow[i]!;
        pNow[i] = tNow[i]! - (along / 2) * wNow[i]!;
      }
    }
    a[(n - 1) * (m + 1)]! -= 2 * vNow[n - 1]! * pNow[n - 1]!;
    return beside;
  };

  /** The columns of Qᵀ G₁ᵀ … G_Mᵀ that `order` names, as rows of `target`. */
  const vectorsOf = (target: Operand, A: Operand, { turns, sweeps }: Rotations, order: readonly number[]): void => {
    const [n, m, columns] = [target.shape[1]!, A.shape[1]!, even(order.length)];
    const Z = kit.temporary("float64", [n, columns]);
    const pairs = kit.temporary("float64", [turns.length]);
    kit.values(pairs).set(turns);
    const z = kit.values(Z).fill(0);
    for (const [j, i] of order.entries()) z[i * columns + j] = 1;
    const [start, rowStep] = [addressOf(Z), columns * bytes];
    let end = addressOf(pairs) + turns.length * bytes;
    for (const [low, high] of sweeps.toReversed()) {
      code().rotate(high - low, end, start + high * rowStep, rowStep, columns);
      end -= (high - low) * 2 * bytes;
    }
    for (let k = n - 2; k >= 0; k--) {
      const v = addressOf(A) + (k * (m + 1) + 1) * bytes;
      code().reflect(n - 1 - k, v, start + (k + 1) * rowStep, rowStep, columns);
    }
    const [from, to] = [kit.values(Z), kit.values(target)];
    for (let j = 0; j < order.length; j++) {
      let largest = 0;
      for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(from[i * columns + j]!));
      let first = 0; // component of at least half the largest size, which is to be positive
      while (Math.abs(from[first * columns + j]!) < largest / 2) first += 1;
      const sign = from[first * columns + j]! < 0 ? -1 : 1;
      for (let i = 0; i < n; i++) to[j * n + i] = sign * from[i * columns + j]!;
    }
  };

  /** Whether all of it could be computed. */
  const decompose = (values: Operand, vectors: Operand, K: Operand): boolean => {
    const n = K.shape[0]!;
    const m = even(n);
    const A = kit.temporary("float64", [m, m]);
    const source = kit.values(kit.dense(K)) as Float64Array; // or Float32Array
    const a = kit.values(A).fill(0);
    const size = source.reduce((most: number, x: number) => Math.max(most, Math.abs(x)), 0); // NaN stays
    if (!Number.isFinite(size)) return false;
    const unit = size === 0 ? 1 : 2 ** Math.floor(Math.log2(size)); // squares of elements must be in range
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * m + j] = source[i * n + j]! / unit;
    const beside = tridiagonalise(A, n);
    const diagonal = Float64Array.from(beside, (_, i) => kit.values(A)[i * (m + 1)]!);
    const rotations = diagonalise(diagonal, beside);
    if (rotations === null) return false;
    const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[i]! - diagonal[j]!);
    vectorsOf(vectors, A, rotations, order.slice(n - vectors.shape[0]!));
    kit.values(values).set(order.map((i) => diagonal[i]! * unit));
    return true;
  };

  return {
    symmetricEigen([values, vectors], [K], params, op) {
      if (sizeOf(K!.shape) === 0 || decompose(values!, vectors!, K!)) return true;
      return runReference(kit, op, [values!, vectors!], [K!], params);
    },
  };
}

/** Rotations of neighbouring rows in order: cosines and sines, and the first and last row of each sweep. */
interface Rotations {
  readonly turns: readonly number[];
  readonly sweeps: readonly (readonly [low: number, high: number])[];
}

/** Rotate T to diagonal form, splitting off one eigenvalue after another at the end; null if one does not settle. */
function diagonalise(d: Float64Array, e: Float64Array): Rotations | null {
  const turns: number[] = [];
  const sweeps: [number, number][] = [];
  for (let high = d.length - 1, steps = 0; high > 0; ) {
    let low = high;
    while (low > 0 && Math.abs(e[low - 1]!) > Number.EPSILON * (Math.abs(d[low - 1]!) + Math.abs(d[low]!))) low -= 1;
    if (low === high) {
      high -= 1;
      steps = 0;
      continue;
    }
    if (steps === mostSteps) return null;
    sweep(d, e, low, high, turns);
    sweeps.push([low, high]);
    steps += 1;
  }
  return { turns, sweeps };
}

/** One implicit QR step with Wilkinson's shift on rows low … high: rotations chase the bulge down the diagonal. */
function sweep(d: Float64Array, e: Float64Array, low: number, high: number, turns: number[]): void {
  const half = (d[high - 1]! - d[high]!) / 2;
  const last = e[high - 1]!;
  const length = Math.sqrt(half * half + last * last);
  let x = d[low]! - d[high]! + (last * last) / (half < 0 ? half - length : half + length);
  let bulge = e[low]!;
  let a = d[low]!;
  for (let k = low; k < high; k++) {
    const r = Math.sqrt(x * x + bulge * bulge);
    const c = r === 0 ? 1 : x / r;
    const s = r === 0 ? 0 : bulge / r;
    turns.push(c, s);
    if (k > low) e[k - 1] = r;
    const b = e[k]!;
    const g = d[k + 1]!;
    d[k] = c * c * a + 2 * c * s * b + s * s * g;
    x = c * s * (g - a) + (c * c - s * s) * b;
    a = s * s * a - 2 * c * s * b + c * c * g;
    e[k] = x;
    if (k + 1 < high) {
      bulge = s * e[k + 1]!;
      e[k + 1]! *= c;
    }
  }
  d[high] = a;
}
