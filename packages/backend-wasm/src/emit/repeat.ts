/** Rows that are all equal: where sums with a bias start. */

import { copyBytes, type Func, I32, int, loopWhile, type Module, step } from "../assembler.ts";

/** Parameters: rows, bytes of a row, address of the row, target. */
export function defineRepeat(module: Module, name: string): Func {
  return module.define(name, [I32, I32, I32, I32], (_, rows, bytes, from, to) =>
    loopWhile(rows, copyBytes(to, from, bytes), step(to, bytes), step(rows, int(-1))),
  );
}
