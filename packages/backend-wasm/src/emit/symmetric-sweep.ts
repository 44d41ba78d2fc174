/** The three loops of a symmetric block sweep, in float64 (kernels/inverse.ts tells how they are used). */

import {
  double,
  type Func,
  I32,
  i32,
  instruction,
  int,
  integers,
  loopWhile,
  type Module,
  range,
  set,
  step,
  times,
  V128,
  when,
} from "../engine/assembler.ts";
import { at, f64x2, multiplyAdd, v128 } from "../engine/lanes.ts";
import { transposed } from "./transpose.ts";

const lanes = f64x2;
const [MR, vectors] = [4, 2];
const NR = vectors * lanes.count;

/**
 * C [rows, columns] += Lᵀ R for L [depth, rows] and R [depth, columns], read where they lie: at a short depth, packing would cost
 * as much as the product. With `lower`, only tiles that meet the lower triangle.
 *
 * Parameters: rows and columns (multiples of 4), depth; address of L, of R and of C, each with its bytes from row to row; lower.
 */
export function defineRankUpdate(module: Module, name: string, fused: boolean): Func {
  const madd = multiplyAdd(lanes, fused);
  return module.define(name, integers(10), (f, rows, columns, depth, L, rowL, R, rowR, C, rowC, lower) => {
    const [i, j, k, l, r, c, stop] = f.many(7);
    const sums = Array.from({ length: MR }, () => f.many(vectors, V128));
    const right = f.many(vectors, V128);
    const left = f.local(V128);
    const tile = [
      sums.flat().map((sum) => set(sum, lanes.constant(0))),
      set(l, L),
      set(r, at(R, j, lanes)),
      set(k, depth),
      times(
        k,
        right.map((vector, v) => set(vector, v128.load(r, v * 16))),
        sums.map((row, m) => [
          set(left, lanes.loadSplat(l, m * lanes.bytes)),
          row.map((sum, v) => set(sum, madd(left, right[v]!, sum))),
        ]),
        step(l, rowL),
        step(r, rowR),
      ),
      set(c, at(C, j, lanes)),
      sums.map((row) => [
        row.map((sum, v) => v128.store(c, lanes.add(v128.load(c, v * 16), sum), v * 16)),
        step(c, rowC),
      ]),
    ];
    return range(
      i,
      int(0),
      rows,
      int(MR),
      set(stop, columns),
      when(lower, set(stop, i32.add(i, int(MR)))),
      range(j, int(0), stop, int(NR), tile),
      step(L, int(MR * lanes.bytes)),
      step(C, i32.mul(rowC, int(MR))),
    );
  });
}

/**
 * A⁻¹ in place of a dense positive definite A by Gauss–Jordan elimination. Gives 1, with A spoilt, where a pivot is not a
 * positive number, else 0.
 *
 * Parameters: size (even), address.
 */
export function defineInvertBlock(module: Module, name: string, fused: boolean): Func {
  const madd = multiplyAdd(lanes, fused);
  const { load, store, div } = lanes.scalar;
  const [less, give] = [instruction(0x63), instruction(0x0f)];
  return module.define(
    name,
    integers(2),
    (f, n, A) => {
      const [rowStep, end, pivotRow, k, row, offset, to] = f.many(7);
      const factor = f.local(V128);
      const pivot = f.local(lanes.scalarType);
      const element = i32.add(row, k);
      const across = (value: ReturnType<typeof set>) =>
        range(offset, int(0), rowStep, int(16), set(to, i32.add(row, offset)), v128.store(to, value));
      return [
        set(rowStep, i32.shl(n, int(lanes.shift))),
        set(end, i32.add(A, i32.mul(n, rowStep))),
        set(pivotRow, A),
        range(
          k,
          int(0),
          rowStep,
          int(lanes.bytes),
          set(row, pivotRow),
          set(pivot, load(element)),
          when(i32.and(less(double(0), pivot), less(pivot, double(Number.POSITIVE_INFINITY))), [], give(int(1))),
          store(element, double(1)),
          set(factor, lanes.splat(div(double(1), pivot))),
          across(lanes.mul(v128.load(to), factor)),
          set(row, A),
          loopWhile(
            i32.notEqual(row, end),
            when(i32.notEqual(row, pivotRow), [
              set(factor, lanes.neg(lanes.loadSplat(element))),
              store(element, double(0)),
              across(madd(factor, v128.load(i32.add(pivotRow, offset)), v128.load(to))),
            ]),
            step(row, rowStep),
          ),
          step(pivotRow, rowStep),
        ),
        int(0),
      ];
    },
    I32,
  );
}

/** Copy a matrix turned over. Parameters: rows and columns (even); address of the source and of the target, each with its bytes from row to row. */
export function defineTurn(module: Module, name: string): Func {
  return module.define(name, integers(6), (f, rows, columns, source, sourceStep, target, targetStep) => {
    const [left, from, to] = f.many(3);
    const pair = f.many(2, V128);
    const { prepare, columns: turned } = transposed(f, lanes, pair);
    return loopWhile(
      rows,
      set(from, source),
      set(to, target),
      set(left, columns),
      loopWhile(
        left,
        set(pair[0], v128.load(from)),
        set(pair[1], v128.load(i32.add(from, sourceStep))),
        prepare,
        turned.map((column) => [v128.store(to, column), step(to, targetStep)]),
        step(from, int(16)),
        step(left, int(-2)),
      ),
      step(source, i32.shl(sourceStep, int(1))),
      step(target, int(16)),
      step(rows, int(-2)),
    );
  });
}
