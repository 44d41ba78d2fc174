/**
 * Eigenpairs of a small symmetric matrix, for the truncation of columns: K = Vᵀ diag(w) V with one eigenvector a row.
 *
 * Householder reflections bring K to tridiagonal form, the implicit QL iteration with Wilkinson-like shifts diagonalises
 * that. Vectors are kept as rows, so that every inner loop runs over contiguous memory. It stands apart from
 * `@kronograd/linalg/decompositions` because that rests on ml-matrix, which would add half again to a program that trains
 * with SKFAC and needs nothing else of it.
 *
 * K [n, n] · w [n] ascending · V [n, n]
 */

import { defineOp, dispatch, NumericalError, ShapeError, type Spec, type Tensor } from "@kronograd/tensor";

const mostIterations = 50; // QL converges in two or so; 30 is EISPACK's limit

const symmetricEigenOp = defineOp<Record<string, never>>({
  name: "symmetricEigen",
  noVjp: "only statistics of curvature go through it; eigh of linalg/decompositions has a derivative",
  shape([K]) {
    const { shape, dtype } = K as Spec;
    const [n, m] = shape as [number, number];
    if (shape.length !== 2 || n !== m) {
      throw new ShapeError({ where: "symmetricEigen", problem: "K must be square", got: shape });
    }
    return [
      { shape: [n], dtype },
      { shape, dtype },
    ];
  },
  reference([w, V], [K]) {
    const n = K!.shape[0] as number;
    const [down, right] = K!.strides as [number, number];
    const a = Float64Array.from(
      { length: n * n },
      (_, i) => K!.data[K!.offset + Math.floor(i / n) * down + (i % n) * right]!,
    );
    const { diagonal, beside, vectors } = tridiagonal(a, n);
    diagonalise(diagonal, beside, vectors, n);
    const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => diagonal[i]! - diagonal[j]!);
    order.forEach((from, i) => {
      w!.data[w!.offset + i] = diagonal[from]!;
      V!.data.set(vectors.subarray(from * n, (from + 1) * n), V!.offset + i * n);
    });
  },
  samples: (rng) => ({ inputs: [{ shape: [1, 1].fill(1 + rng.integer(5)), structure: "spd" }], params: {} }),
});

/** K = Qᵀ T Q with tridiagonal T: its diagonal, the elements beside it (the last is 0), and Q by rows. Overwrites a. */
function tridiagonal(a: Float64Array, n: number) {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    const row = k * n; // row k right of the diagonal becomes the reflection's vector v, scaled to vᵀv = 2
    let norm2 = 0;
    for (let j = k + 1; j < n; j++) norm2 += a[row + j]! ** 2;
    const alpha = a[row + k + 1]! > 0 ? -Math.sqrt(norm2) : Math.sqrt(norm2);
    beside[k] = alpha;
    const size = norm2 - alpha * a[row + k + 1]!; // ½ vᵀv before scaling
    if (size === 0) continue;
    a[row + k + 1]! -= alpha;
    const factor = 1 / Math.sqrt(size);
    for (let j = k + 1; j < n; j++) a[row + j]! *= factor;
    let vp = 0;
    for (let i = k + 1; i < n; i++) {
      let total = 0;
      for (let j = k + 1; j < n; j++) total += a[i * n + j]! * a[row + j]!;
      p[i] = total;
      vp += total * a[row + i]!;
    }
    for (let i = k + 1; i < n; i++) p[i]! -= (vp / 2) * a[row + i]!;
    for (let i = k + 1; i < n; i++) {
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= a[row + i]! * p[j]! + p[i]! * a[row + j]!;
    }
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i]!;
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let k = n - 2; k >= 0; k--) {
    const row = k * n;
    if (beside[k] === 0) continue;
    for (let i = k + 1; i < n; i++) {
      let total = 0;
      for (let j = k + 1; j < n; j++) total += vectors[i * n + j]! * a[row + j]!;
      for (let j = k + 1; j < n; j++) vectors[i * n + j]! -= total * a[row + j]!;
    }
  }
  return { diagonal, beside, vectors };
}

/** Rotate T to diagonal form and the rows of `vectors` with it. */
function diagonalise(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number): void {
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === l) break;
      if (iteration === mostIterations || !Number.isFinite(d[l]!)) throw stuck(l, d[l]!, n);
      sweep(d, e, vectors, n, l, m);
    }
  }
}

/** One implicit QL sweep over rows l … m. */
function sweep(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number, l: number, m: number): void {
  const ratio = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.sqrt(ratio * ratio + 1);
  let g = d[m]! - d[l]! + e[l]! / (ratio + (ratio >= 0 ? root : -root));
  let [s, c, shift] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= shift;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    const before = d[i + 1]! - shift;
    const middle = (d[i]! - before) * s + 2 * c * b;
    shift = s * middle;
    d[i + 1] = before + shift;
    g = c * middle - b;
    for (let k = 0, upper = (i + 1) * n, lower = i * n; k < n; k++, upper++, lower++) {
      const x = vectors[upper]!;
      vectors[upper] = s * vectors[lower]! + c * x;
      vectors[lower] = c * vectors[lower]! - s * x;
    }
  }
  d[l]! -= shift;
  e[l] = g;
  e[m] = 0;
}

function stuck(index: number, value: number, n: number): NumericalError {
  return new NumericalError({
    where: "symmetricEigen",
    problem: `eigenvalue ${index} is not found (${value}, matrix [${n}, ${n}])`,
    help: "Look for NaN or Infinity in what K was made from.",
    details: { index, value, n },
  });
}

/**
 * Decompose a small symmetric matrix.
 *
 * @param K   [n, n]  exactly symmetric
 * @returns   values [n], ascending; vectors [n, n], one a row
 * @throws {ShapeError}      K is not square
 * @throws {NumericalError}  K is not finite
 * @cost      about 9 n³ flops
 * @source    Golub & Van Loan, Matrix Computations, §8.3; the sweep: Press et al., Numerical Recipes, §11.4 (tqli)
 */
export function symmetricEigen(K: Tensor): { readonly values: Tensor; readonly vectors: Tensor } {
  const [values, vectors] = dispatch(symmetricEigenOp, [K], {}) as [Tensor, Tensor];
  return { values, vectors };
}
