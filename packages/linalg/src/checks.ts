/** The shape rules that all matrix routines share. */

import { DtypeError, isFloat, ShapeError, type Spec } from "@kronograd/tensor";

/** Parameters of an op that has none. */
export type None = Record<string, never>;

/**
 * The rows and columns of a float matrix.
 *
 * @throws {ShapeError | DtypeError} it is no matrix, or holds integers
 */
export function matrixSize(where: string, name: string, { shape, dtype }: Spec): [rows: number, columns: number] {
  if (shape.length !== 2) {
    throw new ShapeError({
      where,
      problem: `${name} must be a matrix`,
      got: shape,
      help: "Reshape a vector to one column, [n, 1].",
    });
  }
  if (!isFloat(dtype)) {
    throw new DtypeError({
      where,
      problem: `${name} must hold floats`,
      expected: "float32 or float64",
      got: dtype,
      help: "Convert it with cast(x, dtype).",
    });
  }
  return shape as unknown as [number, number];
}

/**
 * The size of a square float matrix.
 *
 * @throws {ShapeError | DtypeError} it is not square, or holds integers
 */
export function squareSize(where: string, name: string, spec: Spec): number {
  const [rows, columns] = matrixSize(where, name, spec);
  if (rows !== columns) {
    throw new ShapeError({
      where,
      problem: `${name} must be square`,
      expected: "[n, n]",
      got: spec.shape,
    });
  }
  return rows;
}

/** @throws {ShapeError} two sizes that must agree do not */
export function sameSize(where: string, what: string, expected: number, got: number): void {
  if (expected === got) return;
  throw new ShapeError({ where, problem: `${what} differ`, expected, got });
}
