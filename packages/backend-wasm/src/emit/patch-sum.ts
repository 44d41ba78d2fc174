/**
 * Sums of patches over all places, one for each tap: first down the columns of the image, for each kernel row over the image
 * rows that it meets, then along these sums, for each kernel column. So a pixel is read kh times, not kh·kw times, and by
 * whole vectors. Sums down the columns are float32 (as many terms as the image has rows), sums along them float64.
 */

import {
  type Func,
  i32,
  int,
  integers,
  loopWhile,
  type Module,
  set,
  step,
  times,
  V128,
  when,
} from "../engine/assembler.ts";
import { f32x4, v128 } from "../engine/lanes.ts";
import { loadTail, overRow, rounded, Sum } from "./vectors.ts";

const lanes = f32x4;

/** Columns that are summed together. The scratch row is as wide as the image, rounded up to a multiple of it. */
export const columnsAtOnce = 16;

/**
 * Parameters: planes, width, bytes of a plane; kernel rows and columns; table of (bytes to the first image row, rows) for each
 * kernel row and of (bytes to the first column, columns) for each kernel column; bytes from a row, and from a column, that
 * they meet to the next; address of the planes, scratch row, target.
 */
export function definePatchSum(module: Module, name: string): Func {
  return module.define(name, integers(12), (f, planes, width, planeBytes, kh, kw, ...rest) => {
    const [rowTable, columnTable, rowStep, columnStep, x, scratch, out] = rest;
    const [u, v, row, column, left, from, at, to, count] = f.many(9);
    const vector = f.local(V128);
    const sums = f.many(columnsAtOnce / lanes.count, V128);
    const sum = new Sum(f, lanes);
    const down = [
      set(from, i32.add(x, i32.load(row))),
      set(to, scratch),
      set(left, width),
      loopWhile(
        i32.greater(left, int(0)),
        set(at, from),
        sums.map((own) => set(own, lanes.constant(0))),
        set(count, i32.load(row, 4)),
        times(
          count,
          sums.map((own, i) => set(own, lanes.add(own, v128.load(at, i * 16)))),
          step(at, rowStep),
        ),
        sums.map((own, i) => v128.store(to, own, i * 16)),
        step(to, int(columnsAtOnce * lanes.bytes)),
        step(from, int(columnsAtOnce * lanes.bytes)),
        step(left, int(-columnsAtOnce)),
      ),
    ];
    const neighbours = overRow(
      lanes,
      left,
      count,
      [set(vector, v128.load(at)), sum.add(vector), step(at, int(16))],
      [set(vector, loadTail(lanes, at, left)), sum.add(vector)],
    );
    const apart = times(count, set(vector, v128.load32Zero(at)), sum.add(vector), step(at, columnStep));
    const along = [
      set(at, i32.add(scratch, i32.load(column))),
      set(count, i32.load(column, 4)),
      sum.clear(),
      when(i32.equal(columnStep, int(lanes.bytes)), neighbours, apart),
      lanes.scalar.store(out, rounded(lanes, sum.total())),
      step(out, int(lanes.bytes)),
      step(column, int(8)),
    ];
    return times(
      planes,
      set(row, rowTable),
      set(u, kh),
      times(u, down, set(column, columnTable), set(v, kw), times(v, along), step(row, int(8))),
      step(x, planeBytes),
    );
  });
}
