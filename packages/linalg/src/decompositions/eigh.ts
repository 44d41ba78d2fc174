/**
 * Eigenvalues and eigenvectors of symmetric matrices: A = V diag(w) Vᵀ, w ascending.
 *
 * The work is ml-matrix's (tridiagonal form, then QL); this file holds the contract around it: what is symmetric, the order,
 * the sign of each vector, float64, typed errors, the derivative. A backend's kernel named
 * "eigh" takes its place on that backend. The matrix is scaled by a power of two first, so that extreme units do no harm.
 *
 * A, V [n, n] · w [n]
 */

import {
  add,
  defineOp,
  dispatch,
  type HostOperand,
  matmul,
  mul,
  NumericalError,
  reshape,
  type Shape,
  type Spec,
  sampled,
  scale,
  scope,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { EigenvalueDecomposition } from "ml-matrix";
import { squareSize } from "../checks.ts";
import { type Eigenpairs, signOf } from "../eigenpairs.ts";
import { reciprocalGaps } from "./reciprocal-gaps.ts";
import { rowsOf } from "./rows.ts";

/** Tolerance for symmetry. */
export interface EighOptions {
  /** Refuse |A_ij − A_ji| above this share of the largest |A_ij| (default 1e-6). */
  readonly symmetry?: number;
}

const eighOp = /* @__PURE__ */ defineOp<Required<EighOptions>>({
  name: "eigh",
  shape([A]) {
    const n = squareSize("eigh", "A", A as Spec);
    return [{ shape: [n], dtype: (A as Spec).dtype }, A as Spec];
  },
  reference([w, V], [A], { symmetry }) {
    const n = A!.shape[0] as number;
    if (n === 0) return;
    const { rows, unit } = symmetricPart(A!, symmetry);
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(rows, { assumeSymmetric: true });
    for (let j = 0; j < n; j++) {
      w!.data[w!.offset + j] = realEigenvalues[j]! * unit;
      const sign = signOf(n, (i) => eigenvectorMatrix.get(i, j));
      for (let i = 0; i < n; i++) V!.data[V!.offset + i * n + j] = sign * eigenvectorMatrix.get(i, j);
    }
  },
  vjp: {
    saveOutputs: () => [0, 1],
    // dw = diag(VᵀdAV), dV = V (F ∘ VᵀdAV) with F_ij = 1/(w_j − w_i)  ⇒  Ā = sym V (diag(w̄) + F ∘ VᵀV̄) Vᵀ.
    pull([gradW, gradV], saved) {
      const V = saved.output(1);
      let inner: Tensor | null = null;
      if (gradV) inner = mul(reciprocalGaps(saved.output(0)), matmul(transpose(V), gradV)); // [n, n]
      let result = inner && matmul(V, matmul(inner, transpose(V)));
      if (gradW) {
        const fromW = matmul(mul(V, reshape(gradW, [1, -1])), transpose(V));
        result = result ? add(result, fromW) : fromW;
      }
      return [result && scale(add(result, transpose(result)), 0.5)];
    },
  },
});

// Off-diagonal elements of at least 0.5 keep the two eigenvalues apart.
/* @__PURE__ */ sampled(eighOp, (rng) => {
  const n = 1 + rng.integer(2);
  return { inputs: [{ shape: [n, n], range: [0.5, 2] }], params: { symmetry: Number.POSITIVE_INFINITY } };
});

/** The symmetric part over its unit, a power of two near its largest element. */
function symmetricPart(A: HostOperand, symmetry: number): { rows: number[][]; unit: number } {
  const { rows, unit } = rowsOf("eigh", A);
  let worst = { difference: 0, row: 0, column: 0 };
  let largest = 0;
  rows.forEach((row, i) => {
    row.forEach((value, j) => {
      largest = Math.max(largest, Math.abs(value));
      const mirror = rows[j]![i]!;
      if (j >= i) return;
      const difference = Math.abs(value - mirror);
      if (difference > worst.difference) worst = { difference, row: i, column: j };
      row[j] = rows[j]![i] = (value + mirror) / 2;
    });
  });
  if (worst.difference > symmetry * largest) {
    throw asymmetric(worst.row, worst.column, worst.difference * unit, largest * unit, symmetry, A.shape);
  }
  return { rows, unit };
}

function asymmetric(
  row: number,
  column: number,
  difference: number,
  largest: number,
  symmetry: number,
  shape: Shape,
): NumericalError {
  return new NumericalError({
    where: "eigh",
    problem: `A is not symmetric (elements [${row}, ${column}] and [${column}, ${row}] differ by ${difference.toPrecision(2)}, largest element ${largest.toPrecision(2)}, matrix [${shape.join(", ")}])`,
    expected: `a difference of at most ${symmetry} of the largest element`,
    help: "Average A with its transpose, or raise { symmetry }.",
    details: { row, column, difference, largest, shape },
  });
}

/**
 * Decompose a symmetric matrix: A = V diag(w) Vᵀ.
 *
 * Works on (A + Aᵀ)/2. Differentiable by eigenvalues everywhere they are distinct or enter symmetrically, and by eigenvectors
 * where eigenvalues are distinct.
 *
 * @param A   [n, n]
 * @returns   values [n], ascending; vectors [n, n], one a column, its first large component positive
 * @throws {ShapeError}      A is not square
 * @throws {NumericalError}  A is not symmetric or not finite; or, backward through eigenvectors, two eigenvalues are equal
 * @cost      about 9 n³ flops
 * @source    Golub & Van Loan, Matrix Computations, §8.3; derivative: Giles (2008), "Collected matrix derivative results", §3.1
 * @example
 * eigh(tensor([[2, 1], [1, 2]])).values;   // [1, 3]
 */
export function eigh(A: Tensor, { symmetry = 1e-6 }: EighOptions = {}): Eigenpairs {
  const [values, vectors] = dispatch(eighOp, [A], { symmetry }) as [Tensor, Tensor];
  return { values, vectors };
}

/**
 * Rebuild a function of a symmetric matrix from its eigenpairs: V diag(f) Vᵀ.
 *
 * @param vectors  [n, n]
 * @param f        [n]  the function of each eigenvalue
 * @returns        [n, n]
 * @example
 * const { values, vectors } = eigh(tensor([[4, 0], [0, 16]]));
 * fromEigen(vectors, pow(values, -0.5));   // [[0.5, 0], [0, 0.25]]
 */
export function fromEigen(vectors: Tensor, f: Tensor): Tensor {
  return scope(() => matmul(mul(vectors, reshape(f, [1, -1])), transpose(vectors)));
}
