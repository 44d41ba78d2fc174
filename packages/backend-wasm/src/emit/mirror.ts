/** Copy a matrix's lower triangle over its upper one, block by block. */

import { type Func, I32, i32, int, type Local, loopWhile, type Module, range, set, step, V128 } from "../assembler.ts";
import { at, type Lanes, v128 } from "../lanes.ts";
import { transposed } from "./transpose.ts";

/** Parameters: size, address of a row-major square matrix. */
export function defineMirror(module: Module, name: string, lanes: Lanes): Func {
  const L = lanes.count;
  const wide = int(L * lanes.bytes);
  return module.define(name, [I32, I32], (f, n, matrix) => {
    const [i, j, rowStep, from, to, row, stop] = f.many(7) as [Local, Local, Local, Local, Local, Local, Local];
    const rows = f.many(L, V128);
    const { prepare, columns } = transposed(f, lanes, rows);
    const blocks = [
      set(from, at(matrix!, i32.mul(i, n!), lanes)),
      set(to, at(matrix!, i, lanes)),
      range(
        j,
        int(0),
        i,
        int(L),
        set(row, from),
        rows.map((vector) => [set(vector, v128.load(row)), step(row, rowStep)]),
        prepare,
        columns.map((column) => [v128.store(to, column), step(to, rowStep)]),
        step(from, wide),
      ),
    ];
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
          lanes.scalar.store(
            at(matrix!, i32.add(i32.mul(j, n!), row), lanes),
            lanes.scalar.load(at(matrix!, i32.add(i32.mul(row, n!), j), lanes)),
          ),
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
