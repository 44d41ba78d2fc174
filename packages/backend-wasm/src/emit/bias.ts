/** Where sums with a bias start: in every row the bias of its channel (convolutions), or the same row of biases (products). */

import {
  copyBytes,
  type Func,
  i32,
  int,
  integers,
  type Local,
  type Module,
  set,
  step,
  times,
  V128,
} from "../engine/assembler.ts";
import { type Lanes, storeTail, v128 } from "../engine/lanes.ts";
import { overRow } from "./vectors.ts";

/** Rows of one number each. Parameters: rows, columns, address of the rows' numbers, target. */
export function defineFillRows(module: Module, name: string, lanes: Lanes): Func {
  return module.define(name, integers(4), (f, rows, columns, values, target) => {
    const left = f.local() as Local;
    const value = f.local(V128);
    return times(
      rows,
      set(value, lanes.loadSplat(values)),
      overRow(
        lanes,
        left,
        columns,
        [v128.store(target, value), step(target, int(16))],
        [storeTail(lanes, target, value, left), step(target, i32.shl(left, int(lanes.shift)))],
      ),
      step(values, int(lanes.bytes)),
    );
  });
}

/** Rows that are all equal. Parameters: rows, bytes of a row, address of the row, target. */
export function defineRepeatRow(module: Module, name: string): Func {
  return module.define(name, integers(4), (_, rows, bytes, from, to) =>
    times(rows, copyBytes(to, from, bytes), step(to, bytes)),
  );
}
