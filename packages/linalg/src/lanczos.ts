/**
 * Lanczos: an orthonormal basis of the Krylov space of a symmetric operator, and the tridiagonal matrix that it becomes there.
 *
 * A Q = Q T + a rest in the last column only, so the extreme eigenvalues of the small T soon agree with those of A. Rounding would
 * let found directions come back; every new vector is therefore made orthogonal to all before it, twice. The basis is kept
 * on the host in float64.
 *
 * Q [n, k] · T [k, k]
 */

import { generate, type Rng, scope, type Tensor, tensor, UsageError } from "@kronograd/tensor";
import { sameSize } from "./checks.ts";
import type { LinearOperator } from "./operator.ts";

/** A Krylov basis and what the operator is in it. */
export interface Lanczos {
  /** [k, k] float64, symmetric tridiagonal: Qᵀ A Q. */
  readonly T: Tensor;
  /** [n, k] orthonormal columns, the operator's dtype. */
  readonly Q: Tensor;
}

/**
 * Run k steps of Lanczos from a random start; fewer if the Krylov space is exhausted.
 *
 * The basis passes through the host: the device must be synchronous, and gradients do not pass through.
 *
 * @param A    [n, n]  symmetric
 * @param steps  k ≤ n
 * @param rng  draws the start
 * @returns    T and Q; eigenvalues of T approximate the extreme ones of A
 * @throws {ShapeError}    A is not square
 * @throws {UsageError}    steps is not in 1 … n
 * @throws {BackendError}  the device is asynchronous
 * @cost       k applications of A and 8 n k² flops
 * @source     Golub & Van Loan, Matrix Computations (4th ed.), §10.1 and §10.3
 */
export function lanczos(A: LinearOperator, steps: number, rng: Rng): Lanczos {
  const [n, columns] = A.shape;
  sameSize("lanczos", "rows and columns of A", n, columns);
  if (!Number.isInteger(steps) || steps < 1 || steps > n) {
    throw new UsageError({
      where: "lanczos",
      problem: "steps must be a whole number",
      expected: `1 … ${n}`,
      got: steps,
    });
  }
  const { device, dtype } = A;
  const epsilon = dtype === "float32" ? 2 ** -23 : 2 ** -52;
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  let vector = Float64Array.from({ length: n }, () => rng.normal());
  let length = norm(vector);
  let size = 0;
  for (let k = 0; k < steps; k++) {
    const q = vector.map((value) => value / length);
    basis.push(q);
    vector = applyOnHost(A, q);
    const alpha = dot(q, vector);
    diagonal.push(alpha);
    for (let pass = 0; pass < 2; pass++) for (const other of basis) subtract(vector, dot(other, vector), other);
    length = norm(vector);
    size = Math.max(size, Math.abs(alpha) + (beside[k - 1] ?? 0));
    if (length <= epsilon * Math.sqrt(n) * size) break;
    beside.push(length);
  }
  const k = basis.length;
  const T = new Float64Array(k * k);
  diagonal.forEach((value, i) => {
    T[i * k + i] = value;
    if (i > 0) T[i * k + i - 1] = T[(i - 1) * k + i] = beside[i - 1]!;
  });
  const Q = Float64Array.from({ length: n * k }, (_, at) => basis[at % k]![Math.floor(at / k)]!);
  return { T: tensor(T, { shape: [k, k], device }), Q: tensor(Q, { shape: [n, k], device, dtype }) };
}

function applyOnHost(A: LinearOperator, q: Float64Array): Float64Array<ArrayBuffer> {
  return scope(() => {
    const column = generate([q.length, 1], A, (i) => q[i]!);
    return Float64Array.from(A.apply(column).dataSync());
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

const norm = (a: Float64Array) => Math.sqrt(dot(a, a));

function subtract(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! -= factor * source[i]!;
}
