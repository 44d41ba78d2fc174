/**
 * Linear operators: matrices known by what they do to vectors, so that curvature need not be formed to be used.
 *
 * An operator is a plain object; the functions here build new ones from tensors and from each other.
 */

import {
  add,
  adopt,
  type Device,
  type Dtype,
  eye,
  matmul,
  mul,
  type Placement,
  reshape,
  retain,
  scale,
  scope,
  type Tensor,
  transpose,
  UsageError,
} from "@kronograd/tensor";
import { matrixSize, sameSize } from "./checks.ts";

/** A linear map from columns of length n to columns of length m. */
export interface LinearOperator {
  readonly shape: readonly [m: number, n: number];
  readonly dtype: Dtype;
  readonly device: Device;
  /** [n, k] → [m, k], column by column. */
  apply(V: Tensor): Tensor;
  /** The transposed map, [m, k] → [n, k], where it is known. */
  adjoint?(V: Tensor): Tensor;
}

/**
 * Apply an operator, checking the shape.
 *
 * @param V   [n, k]
 * @returns   [m, k]
 * @throws {ShapeError}  V has another row count
 */
export function applyOperator(A: LinearOperator, V: Tensor): Tensor {
  const [rows] = matrixSize("applyOperator", "V", V);
  sameSize("applyOperator", "rows of V and columns of the operator", A.shape[1], rows);
  return A.apply(V);
}

/**
 * Read a matrix as an operator.
 *
 * @param A  [m, n]
 */
export function denseOperator(A: Tensor): LinearOperator {
  return {
    shape: matrixSize("denseOperator", "A", A),
    dtype: A.dtype,
    device: A.device,
    apply: (V) => matmul(A, V),
    adjoint: (V) => scope(() => matmul(transpose(A), V)),
  };
}

/**
 * Make the operator that scales each coordinate.
 *
 * @param d  [n]
 */
export function diagonalOperator(d: Tensor): LinearOperator {
  const n = d.size;
  const apply = (V: Tensor) => scope(() => mul(reshape(d, [n, 1]), V));
  return { shape: [n, n], dtype: d.dtype, device: d.device, apply, adjoint: apply };
}

/** Make the operator that changes nothing: I, n × n, on a device and dtype (those of a tensor or operator will do). */
export function identityOperator(n: number, { dtype, device }: Required<Placement>): LinearOperator {
  const apply = (V: Tensor) => adopt(retain(V));
  return { shape: [n, n], dtype, device, apply, adjoint: apply };
}

/**
 * Add two operators: A + B.
 *
 * @throws {ShapeError}  the shapes differ
 */
export function addOperators(A: LinearOperator, B: LinearOperator): LinearOperator {
  sameSize("addOperators", "row counts", A.shape[0], B.shape[0]);
  sameSize("addOperators", "column counts", A.shape[1], B.shape[1]);
  return {
    ...spaceOf(A),
    apply: (V) => scope(() => add(A.apply(V), B.apply(V))),
    ...(A.adjoint && B.adjoint ? { adjoint: (V: Tensor) => scope(() => add(adjointOf(A, V), adjointOf(B, V))) } : {}),
  };
}

/** Multiply an operator by a number: c A. */
export function scaleOperator(A: LinearOperator, factor: number): LinearOperator {
  return {
    ...spaceOf(A),
    apply: (V) => scope(() => scale(A.apply(V), factor)),
    ...(A.adjoint ? { adjoint: (V: Tensor) => scope(() => scale(adjointOf(A, V), factor)) } : {}),
  };
}

/**
 * Add a multiple of the identity: A + μI.
 *
 * @throws {ShapeError}  A is not square
 */
export function shiftOperator(A: LinearOperator, mu: number): LinearOperator {
  sameSize("shiftOperator", "row and column counts", A.shape[0], A.shape[1]);
  return addOperators(A, scaleOperator(identityOperator(A.shape[0], A), mu));
}

/**
 * Apply one operator after another: A B.
 *
 * @throws {ShapeError}  A has another column count than B has rows
 */
export function chainOperators(A: LinearOperator, B: LinearOperator): LinearOperator {
  sameSize("chainOperators", "columns of the left and rows of the right operator", A.shape[1], B.shape[0]);
  return {
    ...spaceOf(A),
    shape: [A.shape[0], B.shape[1]],
    apply: (V) => scope(() => A.apply(B.apply(V))),
    ...(A.adjoint && B.adjoint ? { adjoint: (V: Tensor) => scope(() => adjointOf(B, adjointOf(A, V))) } : {}),
  };
}

/**
 * Transpose an operator.
 *
 * @throws {UsageError}  its adjoint is not known
 */
export function transposeOperator(A: LinearOperator): LinearOperator {
  if (A.adjoint === undefined) {
    throw new UsageError({
      where: "transposeOperator",
      problem: "the operator has no adjoint",
      help: "Give it adjoint(V), or use toDense.",
    });
  }
  return { ...spaceOf(A), shape: [A.shape[1], A.shape[0]], apply: (V) => adjointOf(A, V), adjoint: (V) => A.apply(V) };
}

/**
 * Form the matrix of an operator.
 *
 * @returns   [m, n]
 * @cost      one application to n columns
 */
export function toDense(A: LinearOperator): Tensor {
  return scope(() => A.apply(eye(A.shape[1], A)));
}

const spaceOf = ({ shape, dtype, device }: LinearOperator) => ({ shape, dtype, device });
const adjointOf = (A: LinearOperator, V: Tensor): Tensor => (A.adjoint as (V: Tensor) => Tensor).call(A, V);
