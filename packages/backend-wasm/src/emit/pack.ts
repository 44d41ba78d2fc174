/**
 * Packing: lines of a matrix (rows of A, columns of B) copied into panels of R lines, element by element of their depth.
 *
 *     panel [depth, R]:  panel[k·R + r] = line r's element k
 *
 * The innermost loop of a product then reads strictly forward. Any strides do; lines that lie side by side are copied by
 * vectors, lines that lie along the depth are turned over in blocks, everything else goes one by one. Lines that a last panel
 * lacks are zeros.
 */

import {
  type Code,
  type Func,
  I32,
  i32,
  int,
  type Local,
  loopWhile,
  type Module,
  range,
  set,
  step,
  V128,
  when,
} from "../assembler.ts";
import { type Lanes, v128 } from "../lanes.ts";
import { transposed } from "./transpose.ts";

/** Parameters: lines, depth, source, bytes from line to line, bytes along the depth, target. */
export function definePack(module: Module, lanes: Lanes, R: number): Func {
  const one = int(lanes.bytes);
  return module.define(null, [I32, I32, I32, I32, I32, I32], (f, lines, depth, source, lineStep, depthStep, target) => {
    const [line, left, from, panel, r, to] = f.many(6);

    const sideBySide = [
      set(from, source),
      set(to, panel),
      range(
        left,
        int(0),
        depth,
        int(1),
        copyLine(lanes, R, from, to),
        step(from, depthStep),
        step(to, int(R * lanes.bytes)),
      ),
    ];
    const alongDepth = [
      set(from, source),
      set(to, panel),
      set(left, depth),
      loopWhile(
        i32.greaterEqual(left, int(lanes.count)),
        turnOver(f, lanes, R, from, to, lineStep),
        step(from, int(16)),
        step(to, int(R * 16)),
        step(left, int(-lanes.count)),
      ),
      scalars(f, lanes, R, { from, to, left, lineStep: lineStep }),
    ];
    const oneByOne = range(
      r,
      int(0),
      int(R),
      int(1),
      set(from, i32.add(source, i32.mul(r, lineStep))),
      set(to, i32.add(panel, i32.shl(r, int(lanes.shift)))),
      when(
        i32.less(i32.add(line, r), lines),
        range(
          left,
          int(0),
          depth,
          int(1),
          lanes.scalar.store(to, lanes.scalar.load(from)),
          step(from, depthStep),
          step(to, int(R * lanes.bytes)),
        ),
        range(left, int(0), depth, int(1), lanes.storeLane(to, lanes.constant(0), 0), step(to, int(R * lanes.bytes))),
      ),
    );
    const isWhole = i32.greaterEqual(i32.sub(lines, line), int(R));
    return [
      set(panel, target),
      range(
        line,
        int(0),
        lines,
        int(R),
        when(
          i32.and(isWhole, i32.equal(lineStep, one)),
          sideBySide,
          when(i32.and(isWhole, i32.equal(depthStep, one)), alongDepth, oneByOne),
        ),
        step(source, i32.mul(lineStep, int(R))),
        step(panel, i32.mul(depth, int(R * lanes.bytes))),
      ),
    ];
  });
}

/** Copy R neighbouring elements. */
export function copyLine(lanes: Lanes, R: number, from: Local, to: Local): Code {
  const whole = Math.floor(R / lanes.count);
  const code: Code[] = Array.from({ length: whole }, (_, i) => v128.store(to, v128.load(from, i * 16), i * 16));
  const rest = R - whole * lanes.count; // two lanes of f32
  return rest === 0 ? code : [code, v128.store64Lane(to, v128.load64Zero(from, whole * 16), 0, whole * 16)];
}

/** Copy R lines × one vector of depth. */
function turnOver(f: Func, lanes: Lanes, R: number, from: Local, to: Local, lineStep: Local): Code {
  const at = f.local();
  const code: Code[] = [set(at, from)];
  for (let row = 0; row < R; row += lanes.count) {
    const rows = f.many(Math.min(lanes.count, R - row), V128);
    code.push(rows.map((vector) => [set(vector, v128.load(at)), step(at, lineStep)]));
    const { prepare, columns } = transposed(f, lanes, rows);
    code.push(prepare);
    columns.forEach((column, k) => {
      const offset = (k * R + row) * lanes.bytes;
      code.push(rows.length === lanes.count ? v128.store(to, column, offset) : v128.store64Lane(to, column, 0, offset));
    });
  }
  return code;
}

/** What is left of the depth, fewer elements than a vector has. */
function scalars(
  f: Func,
  lanes: Lanes,
  R: number,
  { from, to, left, lineStep }: { from: Local; to: Local; left: Local; lineStep: Local },
): Code {
  const at = f.local();
  const lines = Array.from({ length: R }, (_, r) => [
    lanes.scalar.store(to, lanes.scalar.load(at), r * lanes.bytes),
    step(at, lineStep),
  ]);
  return loopWhile(
    left,
    set(at, from),
    lines,
    step(from, int(lanes.bytes)),
    step(to, int(R * lanes.bytes)),
    step(left, int(-1)),
  );
}
