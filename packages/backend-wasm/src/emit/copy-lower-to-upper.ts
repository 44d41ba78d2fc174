/**
 * Copy one triangle of a matrix over the other, block by block. Writes go along rows and reads down columns: the other way
 * round, writes at a step of a power of two fight for one set of the cache.
 */

import {
  type Func,
  i32,
  int,
  integers,
  type Local,
  loopWhile,
  type Module,
  range,
  set,
  step,
  V128,
} from "../engine/assembler.ts";
import { at, type Lanes, v128 } from "../engine/lanes.ts";
import { transposed } from "./transpose.ts";

/** Parameters: size, address of a row-major square matrix, whose triangle `over` is written. */
export function defineCopyLowerToUpper(
  module: Module,
  name: string,
  lanes: Lanes,
  over: "upper" | "lower" = "upper",
): Func {
  const L = int(lanes.count);
  const isUpper = over === "upper";
  return module.define(name, integers(2), (f, n, matrix) => {
    const [i, j, rowStep, from, to, row, stop, zero] = f.many(8) as [
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
    ];
    const rows = f.many(lanes.count, V128);
    const { prepare, columns } = transposed(f, lanes, rows);
    const element = (r: Local, c: Local) => at(matrix!, i32.add(i32.mul(r, n!), c), lanes);
    const blocks = [
      set(j, isUpper ? i32.add(i, L) : int(0)),
      set(from, element(j, i)),
      set(to, element(i, j)),
      set(stop, isUpper ? i32.sub(n!, L) : i32.sub(i, L)),
      loopWhile(
        i32.greaterEqual(stop, j),
        rows.map((vector) => [set(vector, v128.load(from)), step(from, rowStep)]),
        prepare,
        set(row, to),
        columns.map((column) => [v128.store(row, column), step(row, rowStep)]),
        step(to, int(16)),
        step(j, L),
      ),
    ];
    /** Rows i … stop − 1 of the lower triangle from column `first` on, one by one. */
    const singly = (first: Local) => {
      const [target, source] = isUpper ? [element(j, row), element(row, j)] : [element(row, j), element(j, row)];
      const copied = lanes.scalar.store(target, lanes.scalar.load(source));
      return range(row, i, stop, int(1), set(j, first), loopWhile(i32.less(j, row), copied, step(j, int(1))));
    };
    return [
      set(rowStep, i32.shl(n!, int(lanes.shift))),
      loopWhile(i32.greaterEqual(n!, i32.add(i, L)), blocks, set(stop, i32.add(i, L)), singly(i), set(i, stop)),
      set(stop, n!),
      singly(zero),
    ];
  });
}
