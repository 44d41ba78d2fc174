/** Triangles and diagonals of square matrices, for derivatives and determinants. */

import { defineOp, eye, generate, mul, reshape, run, type Spec, scope, sum, type Tensor } from "@kronograd/tensor";
import { squareSize } from "./checks.ts";

/** Weights of the three parts of a matrix; a part not named is dropped. */
export interface Parts {
  readonly below?: number;
  readonly diagonal?: number;
  readonly above?: number;
}

/** Weigh the part below the diagonal, the diagonal, and the part above it. */
export function weighParts(A: Tensor, { below = 0, diagonal = 0, above = 0 }: Parts): Tensor {
  const n = A.shape[0] as number;
  const weight = (i: number) => {
    const [row, column] = [Math.floor(i / n), i % n];
    if (row === column) return diagonal;
    return row > column ? below : above;
  };
  return scope(() => mul(A, generate([n, n], { device: A.device, dtype: A.dtype }, weight)));
}

export const matrixDiagonalOp = /* @__PURE__ */ defineOp<Record<string, never>>({
  name: "matrixDiagonal",
  view: (A) => ({
    shape: [A.shape[0] as number],
    strides: [(A.strides[0] as number) + (A.strides[1] as number)],
    offset: A.offset,
  }),
  vjp: {
    pull([cotangent], { specs }) {
      const { device, dtype } = cotangent as Tensor;
      const n = (specs[0] as Spec).shape[0] as number;
      return [mul(eye(n, { device, dtype }), reshape(cotangent as Tensor, [n, 1]))];
    },
  },
  samples(rng) {
    const n = 1 + rng.integer(4);
    return { inputs: [{ shape: [n, n] }], params: {} };
  },
});

/**
 * Read the diagonal of a square matrix, as a view.
 *
 * @param A  [n, n]
 * @returns  [n]
 * @throws {ShapeError} A is not square
 */
export function matrixDiagonal(A: Tensor): Tensor {
  squareSize("matrixDiagonal", "A", A);
  return run(matrixDiagonalOp, [A], {});
}

/**
 * Sum the diagonal of a square matrix.
 *
 * @param A  [n, n]
 * @returns  []
 * @throws {ShapeError} A is not square
 * @cost     n additions
 */
export function trace(A: Tensor): Tensor {
  return scope(() => sum(matrixDiagonal(A)));
}
