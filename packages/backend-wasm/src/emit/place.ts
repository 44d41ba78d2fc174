/** Copies of planes into larger planes: padding, pixels set apart, every other pixel. */

import {
  type Code,
  type Func,
  i32,
  int,
  integers,
  type Local,
  type Module,
  set,
  step,
  times,
  upTo,
  V128,
  when,
} from "../engine/assembler.ts";
import { type Lanes, storeTail, v128 } from "../engine/lanes.ts";
import { overRow } from "./vectors.ts";

/**
 * Copy planes of pixels into larger planes: padding, zeros between pixels where the target's column step is more than one pixel,
 * every other pixel where the source's is. What lies between is left alone.
 *
 * Parameters: planes, rows, columns; source with bytes from plane to plane, row to row and column to column; the same of the
 * target.
 */
export function definePlace(module: Module, name: string, lanes: Lanes): Func {
  return module.define(
    name,
    integers(11),
    (f, planes, rows, columns, from, fromPlane, fromRow, fromColumn, ...rest) => {
      const [to, toPlane, toRow, toColumn] = rest as [Local, Local, Local, Local];
      const [row, left, source, target] = f.many(4);
      const vector = f.local(V128);
      const copied = (value: Code, bytes: number) =>
        overRow(
          lanes,
          left,
          columns,
          [v128.store(target, value), step(source, int(bytes)), step(target, int(16))],
          [set(vector, value), storeTail(lanes, target, vector, left)],
        );
      const everyOther = v128.shuffle32(v128.load(source), v128.load(source, 16), evenLanes[lanes.name]);
      const single = times(
        left,
        lanes.scalar.store(target, lanes.scalar.load(source)),
        step(source, fromColumn),
        step(target, toColumn),
      );
      const isDense = (column: Local) => i32.equal(column, int(lanes.bytes));
      return times(
        planes,
        upTo(
          row,
          rows,
          set(source, i32.add(from, i32.mul(row, fromRow))),
          set(target, i32.add(to, i32.mul(row, toRow))),
          set(left, columns),
          when(i32.and(isDense(toColumn), isDense(fromColumn)), copied(v128.load(source), 16), [
            when(
              i32.and(isDense(toColumn), i32.equal(fromColumn, int(2 * lanes.bytes))),
              copied(everyOther, 32),
              single,
            ),
          ]),
        ),
        step(from, fromPlane),
        step(to, toPlane),
      );
    },
  );
}

const evenLanes = { f32: [0, 2, 4, 6], f64: [0, 1, 4, 5] } as const;
