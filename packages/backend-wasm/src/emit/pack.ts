/**
 * Packing: lines of a matrix (rows of A, columns of B) copied into panels of R lines, element by element of their depth.
 *
 *     panel [depth, R]:  panel[k·R + r] = line r's element k
 *
 * The innermost loop of a product then reads strictly forward. Any strides do; lines that lie side by side are copied by
 * vectors, lines that lie along the depth are turned over in blocks, everything else goes one by one. Lines that a panel
 * lacks are any numbers.
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
  upTo,
  V128,
  when,
} from "../assembler.ts";
import { type Lanes, v128 } from "../lanes.ts";
import { transposed } from "./transpose.ts";

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
  return module.define(null, integers(6), (f, lines, depth, source, lineStep, depthStep, target) => {
    const [left, from, r, to, taken] = f.many(5);
    const offsets = f.many(R);
    const lineOf = (line: Code) => i32.mul(least(line, i32.sub(taken, int(1))), lineStep); // a missing line is the last
    const sideBySide = upTo(
      left,
      depth,
      copyLine(lanes, R, from, to), // it may read too far, but only there
      step(from, depthStep),
      step(to, int(R * lanes.bytes)),
    );
    const alongDepth = [
      offsets.map((offset, line) => set(offset, lineOf(int(line)))),
      set(left, depth),
      loopWhile(
        i32.greaterEqual(left, int(lanes.count)),
        turnOver(f, lanes, from, to, offsets),
        step(from, int(16)),
        step(to, int(R * 16)),
        step(left, int(-lanes.count)),
      ),
      times(
        left,
        offsets.map((offset, line) => copyOne(lanes, i32.add(from, offset), to, line * lanes.bytes)),
        step(from, int(lanes.bytes)),
        step(to, int(R * lanes.bytes)),
      ),
    ];
    const oneByOne = upTo(
      r,
      int(R),
      set(from, i32.add(source, lineOf(r))),
      set(to, i32.add(target, i32.shl(r, int(lanes.shift)))),
      upTo(left, depth, copyOne(lanes, from, to), step(from, depthStep), step(to, int(R * lanes.bytes))),
    );
    const one = int(lanes.bytes);
    return loopWhile(
      lines,
      set(taken, take(lines)),
      set(from, source),
      set(to, target),
      when(i32.equal(lineStep, one), sideBySide, when(i32.equal(depthStep, one), alongDepth, oneByOne)),
      step(source, i32.mul(lineStep, taken)),
      step(target, i32.mul(depth, int(R * lanes.bytes))),
      step(lines, i32.sub(int(0), taken)),
    );
  });
}

const copyOne = ({ scalar: { load, store } }: Lanes, from: Code, to: Code, offset = 0): Code =>
  store(to, load(from), offset);

/** Copy R neighbouring elements. */
export function copyLine(lanes: Lanes, R: number, from: Local, to: Local): Code {
  const whole = Math.floor(R / lanes.count);
  const code: Code[] = Array.from({ length: whole }, (_, i) => v128.store(to, v128.load(from, i * 16), i * 16));
  const rest = R - whole * lanes.count; // two lanes of f32
  return rest === 0 ? code : [code, v128.store64Lane(to, v128.load64Zero(from, whole * 16), 0, whole * 16)];
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
