/**
 * Kronecker products G ⊗ A as operators, never formed.
 *
 * vec stacks rows, so for V [o, i]:  (G ⊗ A) vec(V) = vec(G V Aᵀ)  and  (G⁻¹ ⊗ A⁻¹) vec(V) = vec(G⁻¹ V A⁻¹) for symmetric A.
 * Everything about the product follows from its factors: a layer's curvature block costs o² + i² numbers, not (o i)².
 *
 * G [o, o] output side · A [i, i] input side · V [o, i] a layer's weight gradient · λ damping
 */

import {
  add,
  div,
  matmul,
  mul,
  norm,
  reshape,
  scale,
  scope,
  shift,
  type Tensor,
  trace,
  transpose,
} from "@kronograd/tensor";
import { squareSize } from "./checks.ts";
import { choleskySolve, logDet } from "./cholesky.ts";
import type { Eigenpairs } from "./eigenpairs.ts";
import type { LinearOperator } from "./operator.ts";

/** G ⊗ A on columns of length o·i, each a row-major [o, i]. */
export interface KroneckerOperator extends LinearOperator {
  /** [o, o] */
  readonly G: Tensor;
  /** [i, i] */
  readonly A: Tensor;
}

/**
 * Make the operator G ⊗ A.
 *
 * @param G   [o, o]
 * @param A   [i, i]
 * @throws {ShapeError}  a factor is not square
 * @cost      one application to k columns: 2 o i (o + i) k flops
 */
export function kronecker(G: Tensor, A: Tensor): KroneckerOperator {
  const o = squareSize("kronecker", "G", G);
  const i = squareSize("kronecker", "A", A);
  // left V right for each column of V, read as [o, i]
  const sandwich = (left: Tensor, right: Tensor, V: Tensor) => {
    const stack = reshape(transpose(V), [-1, o, i]); // [k, o, i]
    return transpose(reshape(matmul(left, matmul(stack, right)), [-1, o * i])); // [o·i, k]
  };
  return {
    shape: [o * i, o * i],
    dtype: G.dtype,
    device: G.device,
    G,
    A,
    apply: (V) => scope(() => sandwich(G, transpose(A), V)),
    adjoint: (V) => scope(() => sandwich(transpose(G), A, V)),
  };
}

/**
 * Solve (G ⊗ A) vec(Z) = vec(V) given Cholesky factors: Z = G⁻¹ V A⁻¹.
 *
 * @param LG  [o, o]
 * @param LA  [i, i]
 * @param V   [o, i]
 * @returns   [o, i]
 * @throws {ShapeError}  the factors do not fit V
 * @cost      2 o i (o + i) flops
 */
export function kroneckerSolve(LG: Tensor, LA: Tensor, V: Tensor): Tensor {
  return scope(() => {
    const half = choleskySolve(LG, V); // [o, i]  G⁻¹ V
    return transpose(choleskySolve(LA, transpose(half)));
  });
}

/**
 * Solve (G ⊗ A + λI) vec(Z) = vec(V) exactly, in the joint eigenbasis.
 *
 * Z = U_G [(U_Gᵀ V U_A) / (w_G w_Aᵀ + λ)] U_Aᵀ.
 *
 * @param G   eigenpairs of G [o, o]
 * @param A   eigenpairs of A [i, i]
 * @param V   [o, i]
 * @returns   [o, i]
 * @cost      4 o i (o + i) flops
 * @source    George et al. (2018), "Fast Approximate Natural Gradient Descent in a Kronecker-factored Eigenbasis", §3
 */
export function kroneckerEigenSolve(G: Eigenpairs, A: Eigenpairs, damping: number, V: Tensor): Tensor {
  return scope(() => {
    const spectrum = mul(reshape(G.values, [-1, 1]), reshape(A.values, [1, -1])); // [o, i]
    const rotated = matmul(transpose(G.vectors), matmul(V, A.vectors)); // [o, i]
    const solved = div(rotated, shift(spectrum, damping));
    return matmul(G.vectors, matmul(solved, transpose(A.vectors)));
  });
}

/** Take the trace of G ⊗ A: tr G · tr A, as []. */
export function kroneckerTrace(G: Tensor, A: Tensor): Tensor {
  return scope(() => mul(trace(G), trace(A)));
}

/** Take the Frobenius norm of G ⊗ A: ‖G‖ ‖A‖, as []. */
export function kroneckerNorm(G: Tensor, A: Tensor): Tensor {
  return scope(() => mul(norm(G), norm(A)));
}

/** Take log det(G ⊗ A) = i log det G + o log det A given Cholesky factors LG [o, o] and LA [i, i], as []. */
export function kroneckerLogDet(LG: Tensor, LA: Tensor): Tensor {
  return scope(() => add(scale(logDet(LG), LA.shape[0] as number), scale(logDet(LA), LG.shape[0] as number)));
}
