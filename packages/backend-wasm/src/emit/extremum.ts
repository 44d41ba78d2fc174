/** Largest (smallest) elements along an axis and where they are: the first at a tie, and the first NaN before all numbers. */

import {
  F32,
  F64,
  type Func,
  i32,
  instruction,
  int,
  integers,
  type Module,
  range,
  set,
  step,
  times,
  upTo,
  when,
} from "../engine/assembler.ts";
import type { Lanes } from "../engine/lanes.ts";

const comparisons = {
  f32: { equal: instruction(0x5b), less: instruction(0x5d), greater: instruction(0x5e) },
  f64: { equal: instruction(0x61), less: instruction(0x63), greater: instruction(0x64) },
} as const;

/** Parameters: outer, n and inner sizes, address of [outer, n, inner], targets of values and of int32 indices. */
export function defineExtremum(module: Module, name: string, lanes: Lanes, kind: "max" | "min"): Func {
  const { equal, less, greater } = comparisons[lanes.name];
  const isBetter = kind === "max" ? greater : less;
  return module.define(name, integers(6), (f, outer, n, inner, x, values, indices) => {
    const [column, i, at, first, rowStep] = f.many(5);
    const [best, value] = f.many(2, lanes.name === "f32" ? F32 : F64);
    const isNew = i32.or(isBetter(value, best), i32.isZero(equal(value, value)));
    return [
      set(rowStep, i32.shl(inner, int(lanes.shift))),
      times(
        outer,
        upTo(
          column,
          inner,
          set(at, i32.add(x, i32.shl(column, int(lanes.shift)))),
          set(best, lanes.scalar.load(at)),
          set(first, int(0)),
          range(
            i,
            int(1),
            n,
            int(1),
            step(at, rowStep),
            set(value, lanes.scalar.load(at)),
            when(i32.and(isNew, equal(best, best)), [set(best, value), set(first, i)]),
          ),
          lanes.scalar.store(values, best),
          i32.store(indices, first),
          step(values, int(lanes.bytes)),
          step(indices, int(4)),
        ),
        step(x, i32.mul(rowStep, n)),
      ),
    ];
  });
}
