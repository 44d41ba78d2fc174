/**
 * Factorisation and substitution of small float64 blocks, where products have no length to work with.
 *
 * Both keep what is still to be solved with its sign turned (−A, −B), so that the products before them only add.
 */

import {
  type Code,
  double,
  type Func,
  fillBytes,
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
  upTo,
  V128,
  when,
} from "../engine/assembler.ts";
import { at, f64x2, multiplyAdd, v128 } from "../engine/lanes.ts";
import { overRow } from "./vectors.ts";

const lanes = f64x2;
const { load, sub } = lanes.scalar;
const greater = instruction(0x64);
const less = instruction(0x63);
const give = (value: Code): Code => [value, 0x0f];
const turned = (vector: Code): Code => lanes.sub(lanes.constant(0), vector); // not −0 for 0

/**
 * From the upper triangle of −A to U with UᵀU = A, in place, row by row; the lower triangle is left alone. Gives 1, with some
 * rows done, where a pivot is not a positive number, else 0.
 *
 * Parameters: size, address, bytes from row to row.
 */
export function defineFactor(module: Module, name: string, fused: boolean): Func {
  const madd = multiplyAdd(lanes, fused);
  return module.define(
    name,
    integers(3),
    (f, n, matrix, rowStep) => {
      const [k, i, row, from, to, left] = f.many(6);
      const [root, factor] = f.many(2, V128);
      const pivot = f.local(lanes.scalarType);
      /** Columns `first` … n−1 of a row that `to` is set to. */
      const columns = (first: Code, value: Code): Code =>
        overRow(
          lanes,
          left,
          i32.sub(n, first),
          [v128.store(to, value), step(to, int(16)), step(from, int(16))],
          lanes.storeLane(to, value, 0),
        );
      const next = i32.add(k, int(1));
      return [
        upTo(
          k,
          n,
          set(pivot, sub(double(0), load(at(matrix, k, lanes)))),
          when(i32.and(greater(pivot, double(0)), less(pivot, double(Number.POSITIVE_INFINITY))), [], give(int(1))),
          set(root, lanes.sqrt(lanes.splat(pivot))),
          lanes.storeLane(at(matrix, k, lanes), root, 0),
          set(to, at(matrix, next, lanes)),
          columns(next, lanes.div(turned(v128.load(to)), root)),
          set(row, matrix),
          range(
            i,
            next,
            n,
            int(1),
            step(row, rowStep),
            set(from, at(matrix, i, lanes)),
            set(to, at(row, i, lanes)),
            set(factor, lanes.loadSplat(from)),
            columns(i, madd(factor, v128.load(from), v128.load(to))),
          ),
          step(matrix, rowStep),
        ),
        int(0),
      ];
    },
    I32,
  );
}

/**
 * Solve L X = B in place for a lower triangle of any strides, from −B: rows from the top, for up to eight vectors of columns
 * at a time. The row of L goes along in a register, the rows of X that are done come from the first cache.
 *
 * Parameters: size, columns, address of L, its bytes from row to row and from column to column, address of −B, bytes from row
 * to row, whether the diagonal is ones (and not read).
 */
export function defineSubstitution(module: Module, name: string, fused: boolean): Func {
  const madd = multiplyAdd(lanes, fused);
  return module.define(name, integers(8), (f, n, columns, L, rowL, columnL, X, rowX, unit) => {
    const [i, j, row, l, x, above] = f.many(6);
    const left = f.local(V128);
    const strip = (width: number): Code => {
      const sums = f.many(Math.ceil(width / 2), V128);
      const diagonal = when(unit, set(left, lanes.constant(1)), set(left, lanes.loadSplat(l)));
      return loopWhile(
        i32.greaterEqual(columns, int(width)),
        set(row, L),
        set(x, X),
        upTo(
          i,
          n,
          sums.map((sum, v) => set(sum, v128.load(x, v * 16))),
          set(l, row),
          set(above, X),
          set(j, i),
          times(
            j,
            set(left, lanes.loadSplat(l)),
            sums.map((sum, v) => set(sum, madd(left, v128.load(above, v * 16), sum))),
            step(l, columnL),
            step(above, rowX),
          ),
          diagonal,
          sums.map((sum, v) => {
            const value = lanes.div(turned(sum), left);
            return width === 1 ? lanes.storeLane(x, value, 0) : v128.store(x, value, v * 16);
          }),
          step(row, rowL),
          step(x, rowX),
        ),
        step(X, int(width * lanes.bytes)),
        step(columns, int(-width)),
      );
    };
    return [strip(16), strip(2), strip(1)];
  });
}

/** Fill a square matrix above its diagonal with zeros. Parameters: size, address. */
export function defineClearUpper(module: Module, name: string): Func {
  return module.define(name, integers(2), (f, n, diagonal) => {
    const rowStep = f.local();
    return [
      set(rowStep, i32.shl(i32.add(n, int(1)), int(lanes.shift))),
      loopWhile(
        n,
        step(n, int(-1)), // as many elements are right of the diagonal as rows are below
        fillBytes(i32.add(diagonal, int(lanes.bytes)), int(0), i32.shl(n, int(lanes.shift))),
        step(diagonal, rowStep),
      ),
    ];
  });
}
