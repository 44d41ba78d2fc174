/** Rows that are copied, taken by index, and added by index. */

import {
  copyBytes,
  type Func,
  fillBytes,
  i32,
  int,
  integers,
  type Module,
  set,
  step,
  times,
  V128,
} from "../engine/assembler.ts";
import { type Lanes, storeTail, v128 } from "../engine/lanes.ts";
import { overRow } from "./vectors.ts";

/** Parameters: rows, bytes of a row, address and step of the source, address and step of the target. */
export function defineCopyRows(module: Module, name: string): Func {
  return module.define(name, integers(6), (_, rows, bytes, from, fromStep, to, toStep) =>
    times(rows, copyBytes(to, from, bytes), step(from, fromStep), step(to, toStep)),
  );
}

/** Parameters: rows to take, bytes of a row, table, indices, target. */
export function defineGather(module: Module, name: string): Func {
  return module.define(name, integers(5), (_, count, bytes, table, indices, out) =>
    times(
      count,
      copyBytes(out, i32.add(table, i32.mul(i32.load(indices), bytes)), bytes),
      step(out, bytes),
      step(indices, int(4)),
    ),
  );
}

/** Parameters: rows to add, elements of a row, values, indices, target, bytes of the whole target, which is cleared first. */
export function defineScatterAdd(module: Module, name: string, lanes: Lanes): Func {
  return module.define(name, integers(6), (f, count, n, values, indices, out, bytes) => {
    const [left, to] = f.many(2);
    const sum = f.local(V128);
    const add = set(sum, lanes.add(v128.load(to), v128.load(values)));
    return [
      fillBytes(out, int(0), bytes),
      times(
        count,
        set(to, i32.add(out, i32.shl(i32.mul(i32.load(indices), n), int(lanes.shift)))),
        overRow(
          lanes,
          left,
          n,
          [add, v128.store(to, sum), step(to, int(16)), step(values, int(16))],
          [add, storeTail(lanes, to, sum, left), step(values, i32.shl(left, int(lanes.shift)))],
        ),
        step(indices, int(4)),
      ),
    ];
  });
}
