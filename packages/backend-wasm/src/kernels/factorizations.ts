/**
 * Kernels of cholesky and solveTriangular, in float64 for both dtypes.
 *
 * Halving turns nearly all work into products: with A = UᵀU and L X = B cut in the middle,
 *
 *     U₁₁ from A₁₁     U₁₂: U₁₁ᵀ U₁₂ = A₁₂     A₂₂ −= U₁₂ᵀ U₁₂     U₂₂ from A₂₂
 *     X₁ from B₁       B₂ −= L₂₁ X₁            X₂ from B₂
 *
 * down to blocks of 32 rows (emit/factor.ts). What is still to be solved is kept with its sign turned, so that products only
 * add. A Cholesky factor is made as U, because then rows are what products and substitution read, and transposed at the end.
 * Right-hand sides that start with zeros (an identity's) are skipped while they last.
 *
 * A pivot that is not positive, or a diagonal element that is 0 or NaN, is left to the reference, which names it.
 */

import { type Operand, sizeOf } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { defineCopyLowerToUpper } from "../emit/copy-lower-to-upper.ts";
import { defineClearUpper, defineFactor, defineSubstitution } from "../emit/factor.ts";
import { defineGemm, defineParts, meetsUpper, workspaceBytes } from "../emit/gemm.ts";
import { f64x2 } from "../engine/lanes.ts";
import { addressOf } from "../engine/runtime.ts";
import type { Kernels, Kit, Matrix, Products } from "../kit.ts";
import { runReference } from "../reference.ts";

const smallest = 32;
const bytes = 8;

/** 0 − x, which unlike −x has no negative zeros. */
const turnedRound = [e.sub(e.parameter("zero"), e.input(0))];

interface Triangular {
  readonly lower: boolean;
  readonly transpose: boolean;
  readonly unitDiagonal: boolean;
}

const elementAt = ({ address, rowStep, columnStep }: Matrix, row: number, column: number): Matrix => ({
  address: address + row * rowStep + column * columnStep,
  rowStep,
  columnStep,
});

const transposed = ({ address, rowStep, columnStep }: Matrix): Matrix => ({
  address,
  rowStep: columnStep,
  columnStep: rowStep,
});

/** A dense matrix of n columns. */
const rowsAt = (address: number, n: number): Matrix => ({ address, rowStep: n * bytes, columnStep: bytes });

/** The row where a block is cut: a multiple of the smallest block. */
const middle = (n: number) => Math.ceil(n / 2 / smallest) * smallest;

/** Kernels of cholesky and solveTriangular. */
export function factorizationKernels(kit: Kit): Kernels {
  const products = kit.products("float64") as Products;
  const code = kit.code<"upper" | "factor" | "substitute" | "toUpper" | "toLower" | "clearUpper">((module) => {
    const parts = defineParts(module, f64x2, kit);
    defineGemm(module, "upper", f64x2, parts, { wanted: meetsUpper });
    defineFactor(module, "factor", kit.fused);
    defineSubstitution(module, "substitute", kit.fused);
    defineCopyLowerToUpper(module, "toUpper", f64x2);
    defineCopyLowerToUpper(module, "toLower", f64x2, "lower");
    defineClearUpper(module, "clearUpper");
  });

  const wide = (x: Operand): Operand => {
    if (x.dtype === "float64") return x;
    const copy = kit.temporary("float64", x.shape);
    kit.values(copy).set(kit.values(kit.dense(x)));
    return copy;
  };

  /** Let `compute` write float64 and round it once at the end. */
  const rounding = (out: Operand, compute: (target: Operand) => boolean): boolean => {
    if (out.dtype === "float64") return compute(out);
    const target = kit.temporary("float64", out.shape);
    const isDone = compute(target);
    kit.values(out).set(kit.values(target));
    return isDone;
  };

  /** Solve L X = B in place of −B; the first `live[i]` columns are not zero in rows 0 … i. */
  const solve = (L: Matrix, X: Matrix, n: number, live: (row: number) => number, isUnit = false): void => {
    if (n <= smallest) {
      code().substitute(n, live(n - 1), L.address, L.rowStep, L.columnStep, X.address, X.rowStep, Number(isUnit));
      return;
    }
    const h = middle(n);
    const below = elementAt(X, h, 0);
    solve(L, X, h, live, isUnit);
    products.multiply(n - h, live(h - 1), h, elementAt(L, h, 0), X, below, true);
    solve(elementAt(L, h, h), below, n - h, (row) => live(h + row), isUnit);
  };

  /** Factor −A in place, upper triangle, with workspace for products; false where a pivot fails. */
  const factor = (A: Matrix, n: number, work: number): boolean => {
    if (n <= smallest) return code().factor(n, A.address, A.rowStep) === 0;
    const h = middle(n);
    if (!factor(A, h, work)) return false;
    const right = elementAt(A, 0, h);
    const rest = elementAt(A, h, h);
    solve(transposed(A), right, h, () => n - h);
    const { address, rowStep } = right;
    code().upper(n - h, n - h, h, address, bytes, rowStep, address, rowStep, bytes, rest.address, rowStep, 1, work, 0);
    return factor(rest, n - h, work);
  };

  /** Write the lower Cholesky factor of A; false where a pivot fails. */
  const factorInto = (target: Operand, A: Operand, n: number): boolean => {
    kit.runExpressions(turnedRound, [target], [wide(A)], { zero: 0 });
    const work = addressOf(kit.temporary("float64", [workspaceBytes(f64x2) / bytes]));
    const address = addressOf(target);
    code().toUpper(n, address);
    if (!factor(rowsAt(address, n), n, work)) return false;
    code().toLower(n, address);
    code().clearUpper(n, address);
    return true;
  };

  return {
    cholesky([out], [A], params, op) {
      const n = A!.shape[0]!;
      const isDone = rounding(out!, (target) => factorInto(target, A!, n));
      return isDone || runReference(kit, op, [out!], [A!], params);
    },

    solveTriangular([out], [T, B], params: Triangular, op) {
      const { lower, transpose, unitDiagonal } = params;
      const [n, k] = B!.shape as [number, number];
      const diagonal = kit.dense({ ...T!, shape: [n], strides: [T!.strides[0]! + T!.strides[1]!] });
      if (!unitDiagonal && !kit.values(diagonal).every((value: number) => Math.abs(value) > 0)) {
        return runReference(kit, op, [out!], [T!, B!], params);
      }
      if (sizeOf(B!.shape) === 0) return true;
      return rounding(out!, (target) => {
        const source = wide(T!);
        const [row, column] = source.strides as [number, number];
        let L: Matrix = { address: addressOf(source), rowStep: row * bytes, columnStep: column * bytes };
        let X: Matrix = { address: addressOf(target), rowStep: k * bytes, columnStep: bytes };
        const isBackward = lower === transpose;
        if (transpose) L = transposed(L);
        if (isBackward) {
          // rows in reverse order, and an upper triangle is a lower one
          const { address, rowStep, columnStep } = elementAt(L, n - 1, n - 1);
          L = { address, rowStep: -rowStep, columnStep: -columnStep };
          X = { ...elementAt(X, n - 1, 0), rowStep: -k * bytes };
        }
        kit.runExpressions(turnedRound, [target], [wide(B!)], { zero: 0 });
        const live = liveColumns(kit.values(target), n, k, isBackward);
        solve(L, X, n, (i) => live[i]!, unitDiagonal);
        return true;
      });
    },
  };
}

/** How many columns, from the left, are not all zeros in the rows so far. */
function liveColumns(values: ArrayLike<number>, rows: number, columns: number, isBackward: boolean): Int32Array {
  const live = new Int32Array(rows);
  for (let i = 0, most = 0; i < rows; i++) {
    const start = (isBackward ? rows - 1 - i : i) * columns;
    for (let last = columns; last > most; last--) if (values[start + last - 1] !== 0) most = last;
    live[i] = most;
  }
  return live;
}
