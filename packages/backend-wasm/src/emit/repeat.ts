/** Rows that are all equal: where sums with a bias start. */

import { copyBytes, type Func, integers, type Module, step, times } from "../engine/assembler.ts";

/** Parameters: rows, bytes of a row, address of the row, target. */
export function defineRepeat(module: Module, name: string): Func {
  return module.define(name, integers(4), (_, rows, bytes, from, to) =>
    times(rows, copyBytes(to, from, bytes), step(to, bytes)),
  );
}
