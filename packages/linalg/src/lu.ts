/**
 * General square matrices: LU factorisation with partial pivoting, solve and determinant.
 *
 * P A = L U: column by column, the largest remaining element becomes the pivot (its row moves up), and multiples of its row,
 * all at most 1 in size, clear the column below. L (unit diagonal) and U share one matrix. A zero pivot means that A is
 * singular: a solve says so, and the determinant is 0.
 *
 * A [n, n] · L, U [n, n] · B, X [n, k]
 */

import {
  add,
  defineOp,
  dispatch,
  eye,
  type HostOperand,
  matmul,
  mul,
  NumericalError,
  neg,
  promote,
  run,
  type Spec,
  sampled,
  scope,
  type Tensor,
  transpose,
  tril,
  triu,
} from "@kronograd/tensor";
import { matrixSize, type None, sameSize, squareSize } from "./checks.ts";
import { scratchOf } from "./recursive.ts";

interface Factors {
  /** Below the diagonal L, from the diagonal up U; row-major. */
  readonly LU: Float64Array;
  /** Row i of L U is row order[i] of A. */
  readonly order: Int32Array;
  /** 1 or −1: the determinant of the permutation. */
  readonly sign: number;
}

function factor(A: HostOperand): Factors {
  const n = A.shape[0] as number;
  const LU = scratchOf(A).data;
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  for (let k = 0; k < n; k++) {
    let p = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(LU[i * n + k]!) > Math.abs(LU[p * n + k]!)) p = i;
    if (p !== k) {
      const held = LU.slice(k * n, (k + 1) * n);
      LU.copyWithin(k * n, p * n, (p + 1) * n);
      LU.set(held, p * n);
      [order[k], order[p]] = [order[p]!, order[k]!];
      sign = -sign;
    }
    const pivot = LU[k * n + k]!;
    if (pivot === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      const ratio = LU[row + k]! / pivot;
      LU[row + k] = ratio;
      if (ratio !== 0) subtractRow(LU, row, ratio, LU, k * n, k + 1, n);
    }
  }
  return { LU, order, sign };
}

/** target[row + j] −= ratio · source[from + j] for j = start … end. */
function subtractRow(
  target: Float64Array,
  row: number,
  ratio: number,
  source: Float64Array,
  from: number,
  start: number,
  end: number,
): void {
  for (let j = start; j < end; j++) target[row + j]! -= ratio * source[from + j]!;
}

const luOp = /* @__PURE__ */ defineOp<None>({
  name: "lu",
  shape([A]) {
    const n = squareSize("lu", "A", A as Spec);
    return [A as Spec, { shape: [n], dtype: "int32" }];
  },
  reference([out, permutation], [A]) {
    const { LU, order } = factor(A!);
    out!.data.set(LU, out!.offset);
    for (let i = 0; i < order.length; i++) permutation!.data[permutation!.offset + i] = order[i]!;
  },
  noVjp: "the order of rows jumps; solve and determinant have derivatives of their own",
});

/* @__PURE__ */ sampled(luOp, (rng) => {
  const n = 1 + rng.integer(5);
  return { inputs: [{ shape: [n, n] }], params: {} };
});

const solveOp = /* @__PURE__ */ defineOp<None>({
  name: "solve",
  shape([A, B]) {
    const n = squareSize("solve", "A", A as Spec);
    const [rows] = matrixSize("solve", "B", B as Spec);
    sameSize("solve", "rows of B and size of A", n, rows);
    return [{ shape: (B as Spec).shape, dtype: promote("solve", [A as Spec, B as Spec]) }];
  },
  reference([out], [A, B]) {
    const [n, k] = out!.shape as [number, number];
    const { LU, order } = factor(A!);
    for (let i = 0; i < n; i++) {
      const pivot = LU[i * n + i]!;
      if (Math.abs(pivot) > 0) continue;
      throw new NumericalError({
        where: "solve",
        problem: `A is singular (pivot ${i} is ${pivot}, matrix [${A!.shape.join(", ")}])`,
        help: Number.isNaN(pivot)
          ? "Look for NaN or Infinity in what A was made from."
          : "Remove the dependent rows, or add a multiple of the identity.",
        details: { pivot: i, value: pivot, shape: A!.shape },
      });
    }
    const rhs = scratchOf(B!).data;
    const X = new Float64Array(rhs.length);
    for (let i = 0; i < n; i++) {
      X.set(rhs.subarray(order[i]! * k, (order[i]! + 1) * k), i * k);
      for (let j = 0; j < i; j++) subtractRow(X, i * k, LU[i * n + j]!, X, j * k, 0, k);
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) subtractRow(X, i * k, LU[i * n + j]!, X, j * k, 0, k);
      for (let c = i * k; c < (i + 1) * k; c++) X[c]! /= LU[i * n + i]!;
    }
    out!.data.set(X, out!.offset);
  },
  vjp: {
    saveInputs: () => [0],
    saveOutputs: (_, needs) => (needs[0] === true ? [0] : []),
    // X = A⁻¹B  ⇒  B̄ = A⁻ᵀX̄,  Ā = −B̄Xᵀ.
    pull([cotangent], saved) {
      const gradB = solve(transpose(saved.input(0)), cotangent as Tensor);
      return [saved.needs[0] === true ? neg(matmul(gradB, transpose(saved.output(0)))) : null, gradB];
    },
  },
});

/* @__PURE__ */ sampled(solveOp, (rng) => {
  const n = 1 + rng.integer(5);
  return { inputs: [{ shape: [n, n], structure: "dominant" }, { shape: [n, 1 + rng.integer(4)] }], params: {} };
});

const determinantOp = /* @__PURE__ */ defineOp<None>({
  name: "determinant",
  shape([A]) {
    squareSize("determinant", "A", A as Spec);
    return [{ shape: [], dtype: (A as Spec).dtype }];
  },
  reference([out], [A]) {
    const { LU, order, sign } = factor(A!);
    const n = order.length;
    let product = sign;
    for (let i = 0; i < order.length; i++) product *= LU[i * n + i]!;
    out!.data[out!.offset] = product;
  },
  vjp: {
    saveInputs: () => [0],
    saveOutputs: () => [0],
    // d det A = det A · tr(A⁻¹ dA)  ⇒  Ā = det A · A⁻ᵀ.
    pull([cotangent], saved) {
      const A = saved.input(0);
      const identity = eye(A.shape[0] as number, A);
      return [mul(mul(cotangent as Tensor, saved.output(0)), solve(transpose(A), identity))];
    },
  },
});

/* @__PURE__ */ sampled(determinantOp, (rng) => {
  const n = 1 + rng.integer(5);
  return { inputs: [{ shape: [n, n], structure: "dominant" }], params: {} };
});

/** A factorisation with row exchanges. */
export interface LuFactors {
  /** [n, n] lower triangular with ones on its diagonal. */
  readonly L: Tensor;
  /** [n, n] upper triangular; its diagonal holds the pivots. */
  readonly U: Tensor;
  /** [n] int32: row i of L U is row permutation[i] of A. */
  readonly permutation: Tensor;
}

/**
 * Factor a square matrix with partial pivoting: row i of L U is row permutation[i] of A.
 *
 * @param A   [n, n]
 * @returns   L [n, n], U [n, n], permutation [n]; a singular matrix gives zeros on U's diagonal
 * @throws {ShapeError}  A is not square
 * @cost      2n³/3 flops; scratch of n² doubles
 * @source    Golub & Van Loan, Matrix Computations, §3.4
 */
export function lu(A: Tensor): LuFactors {
  return scope(() => {
    const [packed, permutation] = dispatch(luOp, [A], {}) as [Tensor, Tensor];
    const identity = eye(A.shape[0] as number, A);
    return {
      L: add(tril(packed, -1), identity),
      U: triu(packed),
      permutation,
    };
  });
}

/**
 * Solve A X = B for a general square matrix.
 *
 * @param A   [n, n]
 * @param B   [n, k]  right-hand sides, one per column
 * @returns   [n, k]  X; float32 is computed in float64
 * @throws {ShapeError}      A is not square, or B has another row count
 * @throws {NumericalError}  A is singular; names the pivot (from 0)
 * @cost      2n³/3 + 2n² k flops; for positive definite A, cholesky is half of that
 * @source    Golub & Van Loan, Matrix Computations, §3.4
 * @example
 * solve(tensor([[0, 2], [1, 0]]), tensor([[4], [3]]));   // [[3], [2]]
 */
export function solve(A: Tensor, B: Tensor): Tensor {
  return run(solveOp, [A, B], {});
}

/**
 * Take the determinant of a square matrix; 0 if it is singular.
 *
 * @param A   [n, n]
 * @returns   []
 * @throws {ShapeError}      A is not square
 * @throws {NumericalError}  only backward: the derivative at a singular matrix is not formed
 * @cost      2n³/3 flops
 * @example
 * determinant(tensor([[1, 2], [3, 4]]));   // -2
 */
export function determinant(A: Tensor): Tensor {
  return run(determinantOp, [A], {});
}
