/** Square blocks of a matrix turned over in registers. */

import { type Code, type Func, type Local, set, V128 } from "../engine/assembler.ts";
import { type Lanes, v128 } from "../engine/lanes.ts";

/**
 * The columns of a block whose rows are in locals: code that prepares, and one vector for each column.
 * Rows: 4 of f32 (or 2, and then two lanes of each column count), 2 of f64.
 */
export function transposed(f: Func, lanes: Lanes, rows: readonly Local[]): { prepare: Code; columns: readonly Code[] } {
  const [a, b, c, d] = rows as [Local, Local, Local?, Local?];
  if (lanes.name === "f64") {
    return { prepare: [], columns: [v128.shuffle32(a, b, [0, 1, 4, 5]), v128.shuffle32(a, b, [2, 3, 6, 7])] };
  }
  const pair = (x: Local, y: Local) => {
    const [low, high] = f.many(2, V128);
    const code = [set(low, v128.shuffle32(x, y, [0, 4, 1, 5])), set(high, v128.shuffle32(x, y, [2, 6, 3, 7]))];
    return { low, high, code };
  };
  const first = pair(a, b);
  if (c === undefined || d === undefined) {
    const upper = (x: Local) => v128.shuffle32(x, x, [2, 3, 2, 3]);
    return { prepare: first.code, columns: [first.low, upper(first.low), first.high, upper(first.high)] };
  }
  const second = pair(c, d);
  const join = (x: Local, y: Local) => [v128.shuffle32(x, y, [0, 1, 4, 5]), v128.shuffle32(x, y, [2, 3, 6, 7])];
  return {
    prepare: [first.code, second.code],
    columns: [...join(first.low, second.low), ...join(first.high, second.high)],
  };
}
