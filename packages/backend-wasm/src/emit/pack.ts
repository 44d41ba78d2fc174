/**
 * Packing: lines of a matrix (rows of A, columns of B) copied into panels of R lines, element by element of their depth.
 *
 *     panel [depth, R]:  panel[k·R + r] = line r's element k
 *
 * The innermost loop of a product then reads strictly forward. Any strides do; lines that lie side by side are copied by
 * vectors, lines that lie along the depth are turned over in blocks, everything else goes one by one. Lines that a panel
 * lacks are any numbers.
 *
 * Where there are many lines side by side, several panels are copied at a time: what one takes of a row may be less than a
 * cache line, and rows at a distance that is a power of two push each other out of the cache before the next panel comes.
 */

import {
  type Code,
  type Func,
  i32,
  int,
  integers,
  type Local,
  least,
  loopWhile,
  type Module,
  set,
  step,
  times,
  V128,
  when,
} from "../engine/assembler.ts";
import { type Lanes, v128 } from "../engine/lanes.ts";
import { transposed } from "./transpose.ts";

/** Panels that are copied at a time. */
const group = 4;

/**
 * Parameters: lines, depth, source, bytes from line to line, bytes along the depth, target. A panel has as many lines of those
 * that are left as `take` says.
 */
export function definePack(
  module: Module,
  lanes: Lanes,
  R: number,
  take: (left: Local) => Code = (left) => least(left, int(R)),
): Func {
  return module.define(null, integers(6), (f, lines, depth, source, lineStep, depthStep, to) => {
    const [left, from, taken] = f.many(3);
    const targets = [to, ...f.many(group - 1)];
    const offsets = f.many(R);
    const rowBytes = int(R * lanes.bytes);
    const sideBySide = (panels: readonly Local[]): Code =>
      times(
        left,
        panels.map((own, g) => [copyLine(lanes, R, from, own, g), step(own, rowBytes)]), // it may read too far, but only there
        step(from, depthStep),
      );
    const several = [
      targets.slice(1).map((own, g) => set(own, i32.add(targets[g]!, i32.mul(depth, rowBytes)))),
      set(taken, int(group * R)),
      sideBySide(targets),
      set(to, targets[group - 1]!), // its end
    ];
    const apart = [
      // a missing line is the last
      offsets.map((offset, line) => set(offset, i32.mul(least(int(line), i32.sub(taken, int(1))), lineStep))),
      loopWhile(
        i32.and(i32.equal(depthStep, int(lanes.bytes)), i32.greaterEqual(left, int(lanes.count))),
        turnOver(f, lanes, from, to, offsets),
        step(from, int(16)),
        step(to, int(R * 16)),
        step(left, int(-lanes.count)),
      ),
      times(
        left,
        offsets.map((offset, line) =>
          lanes.scalar.store(to, lanes.scalar.load(i32.add(from, offset)), line * lanes.bytes),
        ),
        step(from, depthStep),
        step(to, rowBytes),
      ),
    ];
    return loopWhile(
      lines,
      set(taken, take(lines)),
      set(from, source),
      set(left, depth),
      when(
        i32.equal(lineStep, int(lanes.bytes)),
        when(i32.greater(lines, int((group + 1) * R)), several, sideBySide([to])),
        apart,
      ),
      step(source, i32.mul(lineStep, taken)),
      set(lines, i32.sub(lines, taken)),
    );
  });
}

/** Copy R neighbouring elements, the g-th R from an address on. */
function copyLine(lanes: Lanes, R: number, from: Local, to: Local, g: number): Code {
  const whole = Math.floor(R / lanes.count);
  const load = (i: number, load: typeof v128.load) => load(from, g * R * lanes.bytes + i * 16);
  const code: Code[] = Array.from({ length: whole }, (_, i) => v128.store(to, load(i, v128.load), i * 16));
  const rest = R - whole * lanes.count; // two lanes of f32
  return rest === 0 ? code : [code, v128.store64Lane(to, load(whole, v128.load64Zero), 0, whole * 16)];
}

/** Copy one vector of depth of each line. */
function turnOver(f: Func, lanes: Lanes, from: Local, to: Local, offsets: readonly Local[]): Code {
  const R = offsets.length;
  const code: Code[] = [];
  for (let row = 0; row < R; row += lanes.count) {
    const rows = f.many(Math.min(lanes.count, R - row), V128);
    code.push(rows.map((vector, r) => set(vector, v128.load(i32.add(from, offsets[row + r]!)))));
    const { prepare, columns } = transposed(f, lanes, rows);
    code.push(prepare);
    columns.forEach((column, k) => {
      const offset = (k * R + row) * lanes.bytes;
      code.push(rows.length === lanes.count ? v128.store(to, column, offset) : v128.store64Lane(to, column, 0, offset));
    });
  }
  return code;
}
