/**
 * Forward and back substitution with many right-hand sides.
 *
 * All four cases are one: Tᵀ and upper triangles become a lower triangle when they are read with swapped or reversed strides
 * (if U is upper and J reverses the order, J U J is lower and U X = B is (J U J)(J X) = J B).
 *
 * T [n, n] triangular · B [n, k] · X [n, k]
 */

import {
  defineOp,
  matmul,
  NumericalError,
  neg,
  promote,
  run,
  type Shape,
  type Spec,
  sampled,
  type Tensor,
  transpose,
  transposed,
  tril,
  triu,
} from "@kronograd/tensor";
import { matrixSize, sameSize, squareSize } from "./checks.ts";
import { flipped, scratchOf, solveLower } from "./recursive.ts";

/** Which triangle, and how it is read. */
export interface TriangularOptions {
  /** T is lower triangular (default), else upper; the other triangle is not read. */
  readonly lower?: boolean;
  /** Solve Tᵀ X = B. */
  readonly transpose?: boolean;
  /** Take the diagonal as ones, without reading it. */
  readonly unitDiagonal?: boolean;
}

const solveTriangularOp = /* @__PURE__ */ defineOp<Required<TriangularOptions>>({
  name: "solveTriangular",
  shape([T, B]) {
    const n = squareSize("solveTriangular", "T", T as Spec);
    const [rows] = matrixSize("solveTriangular", "B", B as Spec);
    sameSize("solveTriangular", "rows of B and size of T", n, rows);
    const dtype = promote("solveTriangular", [T as Spec, B as Spec]);
    return [{ shape: (B as Spec).shape, dtype }];
  },
  reference([out], [T, B], { lower, transpose, unitDiagonal }) {
    const n = T!.shape[0] as number;
    const read = transpose ? transposed(scratchOf(T!)) : scratchOf(T!);
    const X = scratchOf(B!);
    const backward = lower === transpose;
    const L = backward ? transposed(flipped(transposed(flipped(read)))) : read;
    for (let i = 0; i < n && !unitDiagonal; i++) {
      const value = read.data[read.rows[i]! + read.columns[i]!]!;
      if (!(Math.abs(value) > 0)) throw zeroDiagonal(i, value, T!.shape);
    }
    solveLower(L, backward ? flipped(X) : X, unitDiagonal);
    out!.data.set(X.data, out!.offset);
  },
  vjp: {
    saveInputs: () => [0],
    saveOutputs: (_, needs) => (needs[0] === true ? [0] : []),
    // X = T⁻¹B  ⇒  B̄ = T⁻ᵀX̄,  T̄ = −B̄Xᵀ on T's own triangle.
    pull([cotangent], saved, options) {
      const gradB = solveTriangular(saved.input(0), cotangent as Tensor, { ...options, transpose: !options.transpose });
      if (saved.needs[0] !== true) return [null, gradB];
      const X = saved.output(0);
      const gradT = neg(options.transpose ? matmul(X, transpose(gradB)) : matmul(gradB, transpose(X)));
      const skipped = options.unitDiagonal ? 1 : 0;
      return [options.lower ? tril(gradT, -skipped) : triu(gradT, skipped), gradB];
    },
  },
});

/* @__PURE__ */ sampled(solveTriangularOp, (rng) => {
  const n = 1 + rng.integer(5);
  const flag = () => rng.integer(2) === 1;
  return {
    inputs: [{ shape: [n, n], structure: "dominant" }, { shape: [n, 1 + rng.integer(5)] }],
    params: { lower: flag(), transpose: flag(), unitDiagonal: flag() },
  };
});

function zeroDiagonal(index: number, value: number, shape: Shape): NumericalError {
  return new NumericalError({
    where: "solveTriangular",
    problem: `T is singular (diagonal ${index} is ${value}, matrix [${shape.join(", ")}])`,
    help: Number.isNaN(value) ? "Look for NaN in what T was made from." : "Raise damping, or drop the dependent row.",
    details: { index, value, shape },
  });
}

/**
 * Solve T X = B (or Tᵀ X = B) for triangular T.
 *
 * @param T   [n, n]  only its triangle is read
 * @param B   [n, k]  right-hand sides, one per column
 * @returns   [n, k]  X, the dtype of B; float32 is computed in float64
 * @throws {ShapeError}      T is not square, or B has another row count
 * @throws {NumericalError}  a diagonal element is 0 or NaN
 * @cost      n² k flops; scratch of n² + n k doubles
 * @source    Golub & Van Loan, Matrix Computations, §3.1
 * @example
 * solveTriangular(tensor([[2, 0], [1, 4]]), tensor([[2], [5]]));   // [[1], [1]]
 */
export function solveTriangular(T: Tensor, B: Tensor, options: TriangularOptions = {}): Tensor {
  const { lower = true, transpose = false, unitDiagonal = false } = options;
  return run(solveTriangularOp, [T, B], { lower, transpose, unitDiagonal });
}
