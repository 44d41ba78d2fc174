/** Sums of rows and of columns, accumulated in float64 in a fixed order, and a count. */

import {
  type Code,
  F64,
  type Func,
  I32,
  i32,
  int,
  integers,
  type Local,
  loopWhile,
  type Module,
  set,
  step,
  times,
  upTo,
  V128,
  when,
} from "../engine/assembler.ts";
import { f64x2, i32x4, type Lanes, storeTail, v128 } from "../engine/lanes.ts";
import { loadTail, narrowed, overRow, rounded, Sum, widened } from "./vectors.ts";

/** Parameters: rows, elements of a row, address of the first row, target. One sum a row. */
export function defineSumRows(module: Module, name: string, lanes: Lanes): Func {
  return module.define(name, integers(4), (f, rows, n, x, out) => {
    const left = f.local();
    const vector = f.local(V128);
    const sum = new Sum(f, lanes);
    return times(
      rows,
      sum.clear(),
      overRow(
        lanes,
        left,
        n,
        [set(vector, v128.load(x)), sum.add(vector), step(x, int(16))],
        [set(vector, loadTail(lanes, x, left)), sum.add(vector), step(x, i32.shl(left, int(lanes.shift)))],
      ),
      lanes.scalar.store(out, rounded(lanes, sum.total())),
      step(out, int(lanes.bytes)),
    );
  });
}

/** Vectors of columns that are summed together: a cache line of float32. */
const together = 4;

/** Parameters: matrices, rows of each, columns, address, target. One row of sums for each matrix. */
export function defineSumColumns(module: Module, name: string, lanes: Lanes): Func {
  return module.define(name, integers(5), (f, matrices, n, columns, x, out) => {
    const [rowStep, at, row, left] = f.many(4);
    const vector = f.local(V128);
    const sums = Array.from({ length: together }, () => f.many(lanes.name === "f32" ? 2 : 1, V128));
    const result = f.local(V128);
    const sumOf = (vectors: number): Code => [
      sums.slice(0, vectors).map((parts) => parts.map((part) => set(part, f64x2.constant(0)))),
      set(at, x),
      upTo(
        row,
        n,
        sums
          .slice(0, vectors)
          .map((parts, i) => [
            set(vector, v128.load(at, i * 16)),
            widened(lanes, vector).map((wide, k) => set(parts[k]!, f64x2.add(parts[k]!, wide))),
          ]),
        step(at, rowStep),
      ),
    ];
    const block = together * lanes.count;
    return [
      set(rowStep, i32.shl(columns, int(lanes.shift))),
      times(
        matrices,
        set(left, columns),
        loopWhile(
          i32.greaterEqual(left, int(block)),
          sumOf(together),
          sums.map((parts, i) => v128.store(out, narrowed(lanes, parts), i * 16)),
          step(x, int(together * 16)),
          step(out, int(together * 16)),
          step(left, int(-block)),
        ),
        loopWhile(
          i32.greater(left, int(0)),
          sumOf(1),
          set(result, narrowed(lanes, sums[0]!)),
          when(
            i32.greaterEqual(left, int(lanes.count)),
            [v128.store(out, result), step(x, int(16)), step(out, int(16))],
            [
              storeTail(lanes, out, result, left),
              step(x, i32.shl(left, int(lanes.shift))),
              step(out, i32.shl(left, int(lanes.shift))),
            ],
          ),
          step(left, int(-lanes.count)),
        ),
        // x has moved on by one row of n
        step(x, i32.mul(rowStep, i32.sub(n, int(1)))),
      ),
    ];
  });
}

/** Parameters: count, two addresses. The sum of products, as float64. */
export function defineDot(module: Module, name: string, lanes: Lanes): Func {
  return module.define(
    name,
    integers(3),
    (f, n, x, y) => {
      const left = f.local();
      const [a, b] = f.many(2, V128);
      const sum = new Sum(f, lanes);
      const products = () => {
        const right = widened(lanes, b);
        return sum.addWide(widened(lanes, a).map((wide, i) => f64x2.mul(wide, right[i]!)));
      };
      return [
        overRow(
          lanes,
          left,
          n,
          [set(a, v128.load(x)), set(b, v128.load(y)), products(), step(x, int(16)), step(y, int(16))],
          [set(a, loadTail(lanes, x, left)), set(b, loadTail(lanes, y, left)), products()],
        ),
        sum.total(),
      ];
    },
    F64,
  );
}

/** Parameters: count, address. How many elements are NaN or infinite: those that do not cancel against themselves. */
export function defineCountNonFinite(module: Module, name: string, lanes: Lanes): Func {
  return module.define(
    name,
    integers(2),
    (f, n, x) => {
      const left = f.local();
      const [vector, counts] = f.many(2, V128);
      const zero = lanes.constant(0);
      const count = set(counts, i32x4.sub(counts, lanes.notEqual(lanes.sub(vector, vector), zero)));
      const [a, b, c, d] = [0, 1, 2, 3].map((lane) => i32x4.lane(counts, lane)) as [Local, Local, Local, Local];
      return [
        overRow(
          lanes,
          left,
          n,
          [set(vector, v128.load(x)), count, step(x, int(16))],
          [set(vector, loadTail(lanes, x, left)), count],
        ),
        // a mask of 64 bits counts as two masks of 32
        lanes.name === "f64" ? i32.add(a, c) : i32.add(i32.add(a, b), i32.add(c, d)),
      ];
    },
    I32,
  );
}
