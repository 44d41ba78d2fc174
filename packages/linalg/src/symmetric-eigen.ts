/**
 * Eigenpairs of a small symmetric matrix, for the truncation of columns: K = Vᵀ diag(w) V with one eigenvector a row.
 *
 * Householder reflections bring K to tridiagonal form, the implicit QR iteration with Wilkinson's shift
 * diagonalises that. Vectors are kept as rows, so that every inner loop runs over contiguous memory. It is not `eigh` of
 * `@kronograd/linalg/decompositions`, because that rests on ml-matrix, which would add half again to a program that trains
 * with SKFAC and needs nothing else of it.
 *
 * K [n, n] · w [n] ascending · V [r, n], the vectors of the last r values, each with its first component of at least half
 * the largest size positive (so that every backend finds the same one)
 */

import { defineOp, dispatch, NumericalError, ShapeError, type Spec, sampled, type Tensor } from "@kronograd/tensor";
import { signOf } from "./eigenpairs.ts";

const mostSteps = 60; // one or two a value are usual

const symmetricEigenOp = /* @__PURE__ */ defineOp<{ readonly largest: number }>({
  name: "symmetricEigen",
  noVjp: "only statistics of curvature go through it; eigh of linalg/decompositions has a derivative",
  shape([K], { largest }) {
    const { shape, dtype } = K as Spec;
    const [n, m] = shape as [number, number];
    if (shape.length !== 2 || n !== m) {
      throw new ShapeError({ where: "symmetricEigen", problem: "K must be square", got: shape });
    }
    return [
      { shape: [n], dtype },
      { shape: [largest, n], dtype },
    ];
  },
  reference([w, V], [K], { largest }) {
    const n = K!.shape[0] as number;
    const [down, right] = K!.strides as [number, number];
    const a = Float64Array.from(
      { length: n * n },
      (_, i) => K!.data[K!.offset + Math.floor(i / n) * down + (i % n) * right]!,
    );
    const strange = a.findIndex((value) => !Number.isFinite(value));
    if (strange >= 0) throw notFinite(a[strange]!, Math.floor(strange / n), strange % n, n);
    const { diagonal, beside, vectors } = tridiagonal(a, n);
    diagonalise(diagonal, beside, vectors, n);
    const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => diagonal[i]! - diagonal[j]!);
    order.forEach((from, i) => {
      w!.data[w!.offset + i] = diagonal[from]!;
      const row = i - (n - largest);
      if (row < 0) return;
      const vector = vectors.subarray(from * n, (from + 1) * n);
      const sign = signOf(n, (j) => vector[j]!);
      V!.data.set(
        vector.map((x) => sign * x),
        V!.offset + row * n,
      );
    });
  },
});

/* @__PURE__ */ sampled(symmetricEigenOp, (rng) => {
  const n = 1 + rng.integer(5);
  return { inputs: [{ shape: [n, n], structure: "spd" }], params: { largest: 1 + rng.integer(n) } };
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

/** Rotate T to diagonal form and the rows of `vectors` with it, splitting off one eigenvalue after another at the end. */
function diagonalise(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number): void {
  for (let high = n - 1, steps = 0; high > 0; ) {
    let low = high;
    while (low > 0 && Math.abs(e[low - 1]!) > Number.EPSILON * (Math.abs(d[low - 1]!) + Math.abs(d[low]!))) low -= 1;
    if (low === high) {
      high -= 1;
      steps = 0;
      continue;
    }
    if (steps === mostSteps) throw stuck(high, n);
    qrStep(d, e, vectors, n, low, high);
    steps += 1;
  }
}

/** One implicit QR step with Wilkinson's shift on rows low … high: rotations chase the bulge down the diagonal. */
function qrStep(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number, low: number, high: number): void {
  const half = (d[high - 1]! - d[high]!) / 2;
  const last = e[high - 1]!;
  const shift = d[high]! - (last * last) / (half + (half < 0 ? -1 : 1) * Math.hypot(half, last));
  let x = d[low]! - shift;
  let bulge = e[low]!;
  for (let k = low; k < high; k++) {
    const r = Math.hypot(x, bulge);
    const c = r === 0 ? 1 : x / r;
    const s = r === 0 ? 0 : bulge / r;
    if (k > low) e[k - 1] = r;
    const [a, b, g] = [d[k]!, e[k]!, d[k + 1]!];
    d[k] = c * c * a + 2 * c * s * b + s * s * g;
    d[k + 1] = s * s * a - 2 * c * s * b + c * c * g;
    e[k] = c * s * (g - a) + (c * c - s * s) * b;
    x = e[k]!;
    if (k + 1 < high) {
      bulge = s * e[k + 1]!;
      e[k + 1]! *= c;
    }
    for (let i = 0, upper = k * n, lower = upper + n; i < n; i++, upper++, lower++) {
      const v = vectors[upper]!;
      vectors[upper] = c * v + s * vectors[lower]!;
      vectors[lower] = c * vectors[lower]! - s * v;
    }
  }
}

function notFinite(value: number, row: number, column: number, n: number): NumericalError {
  return new NumericalError({
    where: "symmetricEigen",
    problem: `K is not finite (element [${row}, ${column}] is ${value}, matrix [${n}, ${n}])`,
    help: "Look for NaN or Infinity in what K was made from.",
    details: { row, column, value, n },
  });
}

function stuck(index: number, n: number): NumericalError {
  return new NumericalError({
    where: "symmetricEigen",
    problem: `eigenvalue ${index} did not settle in ${mostSteps} steps (matrix [${n}, ${n}])`,
    details: { index, n },
  });
}

/**
 * Decompose a small symmetric matrix.
 *
 * @param K        [n, n]  exactly symmetric
 * @param largest  of how many of the largest eigenvalues vectors are wanted, r; default n
 * @returns        values [n], ascending; vectors [r, n], one a row, of the last r values, the first large component positive
 * @throws {ShapeError}      K is not square
 * @throws {NumericalError}  K is not finite
 * @cost      about 9 n³ flops; a kernel may take 2 n³ + 8 r n²
 * @source    Golub & Van Loan, Matrix Computations, §8.3 (tridiagonal form, implicit symmetric QR step)
 */
export function symmetricEigen(
  K: Tensor,
  largest = K.shape[0] as number,
): { readonly values: Tensor; readonly vectors: Tensor } {
  const [values, vectors] = dispatch(symmetricEigenOp, [K], { largest }) as [Tensor, Tensor];
  return { values, vectors };
}
