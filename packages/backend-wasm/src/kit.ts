/** What kernel families share: products, passes over memory, row-major copies. */

import type { Kernel, Operand, TypedArray } from "@kronograd/tensor";
import type { Expression } from "@kronograd/tensor/expression";
import type { Lanes } from "./engine/lanes.ts";
import type { Runtime } from "./engine/runtime.ts";
import type { Callee } from "./threads/board.ts";

/** Run expressions over operands that broadcast to the outputs' shape; false where a primitive or dtype is missing. */
export type RunExpressions = (
  expressions: readonly Expression[],
  outputs: readonly Operand[],
  inputs: readonly Operand[],
  parameters: Readonly<Record<string, number>>,
) => boolean;

/** A matrix in memory: address of its first element, steps in bytes. */
export interface Matrix {
  readonly address: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Products of one element type. */
export interface Products {
  readonly lanes: Lanes;
  /** Address of the memory that products pack into: one part of `workBytes` for each thread. */
  readonly workspace: () => number;
  readonly workBytes: number;
  /** The emitted product (emit/gemm.ts). */
  readonly gemm: () => Callee;
  /** C [m, n] (+)= A [m, k] B [k, n]; C's columns are neighbours. */
  multiply(m: number, n: number, k: number, a: Matrix, b: Matrix, c: Matrix, adds: boolean): void;
  /** The same C = A B for each of several triples of matrices. */
  multiplyEach(m: number, n: number, k: number, matrices: readonly (readonly [Matrix, Matrix, Matrix])[]): void;
  /** Copy a row of some bytes into each of several rows. */
  repeat(rows: number, bytes: number, from: number, to: number): void;
}

export interface Kit extends Runtime {
  readonly products: (dtype: Operand["dtype"]) => Products | null;
  readonly runExpressions: RunExpressions;
  /** Copy values of any layout to a row-major target of the same dtype. */
  copy(target: Operand, source: Operand): void;
  /** Fill so many bytes with zeros. */
  clear(address: number, bytes: number): void;
  /** The function that `clear` calls, for pieces of a job. */
  clearing(): Callee;
  /** The operand itself where it lies row-major, else a copy in scratch memory. */
  dense(operand: Operand): Operand;
  /** A row-major operand in scratch memory, uninitialised. */
  temporary(dtype: Operand["dtype"], shape: readonly number[]): Operand;
  /** The values of a row-major operand. */
  values(operand: Operand): TypedArray;
}

export type Kernels = Record<string, Kernel>;

/** Kernels that belong together, by op name; `composeWasm` makes a backend of families. */
export type KernelFamily = (kit: Kit) => Kernels;
