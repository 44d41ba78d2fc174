/** Copy one triangle of a matrix over the other, block by block. */

import { type Func, I32, i32, int, type Local, loopWhile, type Module, range, set, step, V128 } from "../assembler.ts";
import { at, type Lanes, v128 } from "../lanes.ts";
import { transposed } from "./transpose.ts";

/** Parameters: size, address of a row-major square matrix, whose triangle `over` is written. */
export function defineMirror(module: Module, name: string, lanes: Lanes, over: "upper" | "lower" = "upper"): Func {
  const L = lanes.count;
  const wide = int(L * lanes.bytes);
  return module.define(name, [I32, I32], (f, n, matrix) => {
    const [i, j, rowStep, from, to, row, stop] = f.many(7) as [Local, Local, Local, Local, Local, Local, Local];
    const rows = f.many(L, V128);
    const { prepare, columns } = transposed(f, lanes, rows);
    // `row` goes down a block of the lower triangle, `to` down its image
    const [source, target] = over === "upper" ? [row, to] : [to, row];
    const blocks = [
      set(from, at(matrix!, i32.mul(i, n!), lanes)),
      set(to, at(matrix!, i, lanes)),
      range(
        j,
        int(0),
        i,
        int(L),
        set(row, from),
        rows.map((vector) => [set(vector, v128.load(source)), step(source, rowStep)]),
        prepare,
        columns.map((column) => [v128.store(target, column), step(target, rowStep)]),
        step(from, wide),
      ),
    ];
    const element = (r: Local, c: Local) => at(matrix!, i32.add(i32.mul(r, n!), c), lanes);
    const copied = (r: Local, c: Local, toRow: Local, toColumn: Local) =>
      lanes.scalar.store(element(toRow, toColumn), lanes.scalar.load(element(r, c)));
    /** Elements of rows i … stop−1 from column `first` on, one by one. */
    const singly = (first: Local) =>
      range(
        row,
        i,
        stop,
        int(1),
        set(j, first),
        loopWhile(
          i32.less(j, row),
          over === "upper" ? copied(row, j, j, row) : copied(j, row, row, j),
          step(j, int(1)),
        ),
      );
    const zero = f.local();
    return [
      set(rowStep, i32.shl(n!, int(lanes.shift))),
      loopWhile(
        i32.greaterEqual(n!, i32.add(i, int(L))),
        blocks,
        set(stop, i32.add(i, int(L))),
        singly(i),
        set(i, stop),
      ),
      set(stop, n!),
      singly(zero),
    ];
  });
}
