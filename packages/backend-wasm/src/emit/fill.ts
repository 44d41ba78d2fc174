/** Rows filled with one number each: where a convolution's sums with a bias start. */

import { type Func, I32, i32, int, type Local, loopWhile, type Module, set, step, V128, when } from "../assembler.ts";
import { type Lanes, storeTail, v128 } from "../lanes.ts";

/** Parameters: rows, columns, address of the rows' numbers, target. */
export function defineFill(module: Module, name: string, lanes: Lanes): Func {
  return module.define(name, [I32, I32, I32, I32], (f, rows, columns, values, target) => {
    const left = f.local() as Local;
    const value = f.local(V128);
    return loopWhile(
      rows,
      set(value, lanes.loadSplat(values)),
      set(left, columns),
      loopWhile(
        i32.greaterEqual(left, int(lanes.count)),
        v128.store(target, value),
        step(target, int(16)),
        step(left, int(-lanes.count)),
      ),
      when(left, [storeTail(lanes, target, value, left), step(target, i32.shl(left, int(lanes.shift)))]),
      step(values, int(lanes.bytes)),
      step(rows, int(-1)),
    );
  });
}
