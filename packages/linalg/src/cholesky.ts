/**
 * The Cholesky factorisation A = L Lᵀ of a symmetric positive definite matrix, and what is done with a factor.
 *
 * Row i of L solves x L[0…i]ᵀ = A[i], and its last element is the square root of what is left of A[i, i], the pivot
 * (blocks.ts). A is positive definite exactly if every pivot is positive, so a pivot that is not is an error that names it:
 * nothing is clamped.
 *
 * A [n, n] · L [n, n] lower · B, X [n, k]
 */

import {
  add,
  type Dtype,
  defineOp,
  diagonal,
  eye,
  log,
  matmul,
  NumericalError,
  run,
  type Shape,
  type Spec,
  sampled,
  scale,
  scope,
  sum,
  type Tensor,
  transpose,
  tril,
} from "@kronograd/tensor";
import { type None, squareSize } from "./checks.ts";
import { factorLower, scratchOf } from "./recursive.ts";
import { gram } from "./syrk.ts";
import { solveTriangular } from "./triangular.ts";

const choleskyOp = /* @__PURE__ */ defineOp<None>({
  name: "cholesky",
  shape([A]) {
    squareSize("cholesky", "A", A as Spec);
    return [A as Spec];
  },
  reference([out], [A]) {
    const n = A!.shape[0] as number;
    const L = scratchOf(A!);
    factorLower(L, (pivot, value) => pivotError("cholesky", "A", pivot, value, A!.shape, A!.dtype));
    for (let i = 0; i < n; i++) L.data.fill(0, i * n + i + 1, (i + 1) * n);
    out!.data.set(L.data, out!.offset);
  },
  vjp: {
    saveOutputs: () => [0],
    pull: ([cotangent], saved) => [halvedTriangle(choleskyPull(saved.output(0), cotangent as Tensor))],
  },
});

/* @__PURE__ */ sampled(choleskyOp, (rng) => {
  const n = 1 + rng.integer(5);
  return { inputs: [{ shape: [n, n], structure: "spd" }], params: {} };
});

/** The error of a pivot that is not a positive number. */
export function pivotError(
  where: string,
  name: string,
  pivot: number,
  value: number,
  shape: Shape,
  dtype: Dtype,
): NumericalError {
  const finite = Number.isFinite(value);
  const shown = finite ? Number(value.toPrecision(2)) : value;
  const more = value < 0 ? ` by more than ${-shown}` : "";
  const precision = dtype === "float32" ? " or use float64 for factors" : "";
  return new NumericalError({
    where,
    problem: `${name} is not ${finite ? "positive definite" : "finite"} (pivot ${pivot} is ${shown}, matrix [${shape.join(", ")}])`,
    help: finite ? `Raise damping${more}${precision}.` : "Look for NaN or Infinity in what it was made from.",
    details: { pivot, value, shape },
  });
}

/**
 * The reverse rule of L(A) = chol(A): from L̄ to W = L⁻ᵀ (P + Pᵀ) L⁻¹ with P = Φ(Lᵀ L̄), where Φ keeps the lower triangle and
 * halves its diagonal. W is symmetric and dA ↦ ½⟨W, dA⟩ is the differential for symmetric dA.
 *
 * @source Murray (2016), "Differentiation of the Cholesky decomposition", §3
 */
export function choleskyPull(L: Tensor, cotangent: Tensor): Tensor {
  return scope(() => {
    const P = halvedTriangle(matmul(transpose(L), cotangent));
    const half = solveTriangular(L, add(P, transpose(P)), { transpose: true });
    return solveTriangular(L, transpose(half), { transpose: true });
  });
}

/** Φ: only the lower triangle of A is an input, so an element below the diagonal counts for its mirror image too. */
const halvedTriangle = (A: Tensor) => scope(() => scale(add(tril(A), tril(A, -1)), 0.5));

/**
 * Factor a symmetric positive definite matrix: A = L Lᵀ.
 *
 * The gradient is that of a function of the lower triangle: it is lower triangular, and an element below the diagonal counts
 * for its mirror image too.
 *
 * @param A   [n, n]  only the lower triangle is read
 * @returns   [n, n]  L, lower triangular with a positive diagonal; float32 is computed in float64 and rounded at the end
 * @throws {ShapeError}      A is not square
 * @throws {NumericalError}  A is not positive definite or not finite; names the pivot (from 0) and its value
 * @cost      n³/3 flops; scratch of n² doubles
 * @source    Golub & Van Loan, Matrix Computations, §4.2
 * @example
 * cholesky(tensor([[4, 2], [2, 5]]));   // [[2, 0], [1, 2]]
 */
export function cholesky(A: Tensor): Tensor {
  return run(choleskyOp, [A], {});
}

/**
 * Solve A X = B for symmetric positive definite A, given its Cholesky factor.
 *
 * With A = L Lᵀ:  L Y = B  (forward),  then  Lᵀ X = Y  (backward).
 *
 * @param L   [n, n]  lower triangle; the strict upper part is not read
 * @param B   [n, k]  right-hand sides, one per column
 * @returns   [n, k]  X
 * @throws {ShapeError}      L is not square, or B has another row count
 * @throws {NumericalError}  a diagonal element of L is 0 or NaN
 * @cost      2 n² k flops; allocates two [n, k]
 * @source    Golub & Van Loan, Matrix Computations, §4.2
 * @example
 * choleskySolve(cholesky(scale(eye(2), 4)), tensor([[8], [4]]));   // [[2], [1]]
 */
export function choleskySolve(L: Tensor, B: Tensor): Tensor {
  return scope(() => solveTriangular(L, solveTriangular(L, B), { transpose: true }));
}

/**
 * Invert A = L Lᵀ, given its Cholesky factor: A⁻¹ = (L⁻¹)ᵀ L⁻¹, exactly symmetric.
 *
 * @param L   [n, n]  lower triangle
 * @returns   [n, n]
 * @throws {ShapeError | NumericalError}  L is not square; a diagonal element is 0 or NaN
 * @cost      4n³/3 flops; to apply the inverse once, choleskySolve is cheaper and more accurate
 */
export function choleskyInverse(L: Tensor): Tensor {
  const n = squareSize("choleskyInverse", "L", L);
  return scope(() => gram(solveTriangular(L, eye(n, L))));
}

/**
 * Take the logarithm of det A, given its Cholesky factor: 2 Σ log L_ii.
 *
 * @param L   [n, n]
 * @returns   []
 * @throws {ShapeError}  L is not square
 * @cost      n logarithms
 */
export function logDet(L: Tensor): Tensor {
  return scope(() => scale(sum(log(diagonal(L))), 2));
}
