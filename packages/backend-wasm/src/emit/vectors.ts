/** Loops over a row of elements by vectors, and sums that are kept in float64. */

import {
  type Code,
  constant,
  type Func,
  i32,
  int,
  type Local,
  loopWhile,
  set,
  step,
  V128,
  when,
} from "../engine/assembler.ts";
import { f64x2, i32x4, type Lanes, v128 } from "../engine/lanes.ts";

/** All bits set in the first `left` lanes (float32). */
export const firstLanes = (left: Code): Code => i32x4.less(constant(Int32Array.of(0, 1, 2, 3)), i32x4.splat(left));

/** Load what is left of a row, fewer elements than a vector has, with `filler` behind. */
export function loadTail(lanes: Lanes, address: Code, left: Code, filler: Code | null = null): Code {
  const loaded = v128.load(address);
  if (lanes.name === "f32") {
    return filler === null ? v128.and(loaded, firstLanes(left)) : v128.choose(firstLanes(left), loaded, filler);
  }
  return filler === null ? v128.load64Zero(address) : v128.shuffle32(loaded, filler, [0, 1, 4, 5]);
}

/**
 * Run `body` for each whole vector, then `tail` once for what is left. Between them `left` counts down from `count`;
 * the body moves its own addresses on.
 */
export function overRow(lanes: Lanes, left: Local, count: Code, body: Code, tail: Code): Code {
  return [
    set(left, count),
    loopWhile(i32.greaterEqual(left, int(lanes.count)), body, step(left, int(-lanes.count))),
    when(left, tail),
  ];
}

/** The elements of a vector as vectors of float64. */
export function widened(lanes: Lanes, vector: Local): Code[] {
  if (lanes.name === "f64") return [vector];
  return [f64x2.fromFloats(vector), f64x2.fromFloats(v128.shuffle32(vector, vector, [2, 3, 2, 3]))];
}

/** The reverse of `widened`. */
export function narrowed(lanes: Lanes, wide: readonly Local[]): Code {
  if (lanes.name === "f64") return wide[0]!;
  return v128.shuffle32(f64x2.toFloats(wide[0]!), f64x2.toFloats(wide[1]!), [0, 1, 4, 5]);
}

const scalar = f64x2.scalar;

/** A float64 sum over the elements of vectors: each lane has its own, added up at the end in one order. */
export class Sum {
  readonly #lanes: Lanes;
  readonly #parts: Local[];

  constructor(f: Func, lanes: Lanes) {
    this.#lanes = lanes;
    this.#parts = f.many(lanes.name === "f32" ? 2 : 1, V128);
  }

  clear(): Code {
    return this.#parts.map((part) => set(part, f64x2.constant(0)));
  }

  add(vector: Local): Code {
    return this.addWide(widened(this.#lanes, vector));
  }

  addWide(wide: readonly Code[]): Code {
    return wide.map((part, i) => set(this.#parts[i]!, f64x2.add(this.#parts[i]!, part)));
  }

  /** One float64. */
  total(): Code {
    const [first, second] = this.#parts as [Local, Local?];
    const joined = second === undefined ? first : f64x2.add(first, second);
    return [set(first, joined), scalar.add(f64x2.lane(first, 0), f64x2.lane(first, 1))];
  }
}

/** A float64 as an element of the lanes' type. */
export const rounded = (lanes: Lanes, value: Code): Code => (lanes.name === "f32" ? [value, 0xb6] : value);
/** An element of the lanes' type as float64. */
export const promoted = (lanes: Lanes, value: Code): Code => (lanes.name === "f32" ? [value, 0xbb] : value);
