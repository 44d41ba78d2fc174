/** Statistics of sets of elements for normalisation, accumulated in float64. */

import {
  type Code,
  F64,
  type Func,
  i32,
  instruction,
  int,
  integers,
  type Local,
  type Module,
  set,
  step,
  times,
  V128,
} from "../assembler.ts";
import { f32x4, f64x2, v128 } from "../lanes.ts";
import { loadTail, overRow, rounded, Sum, widened } from "./vectors.ts";

const lanes = f32x4;
const { div } = f64x2.scalar;
const fromInt = instruction(0xb7);

/**
 * Mean and biased variance of sets; a set is `runs` runs of `length` neighbours. Two passes.
 *
 * Parameters: sets, runs, length, address, bytes from set to set and from run to run, targets of means and variances (float32).
 */
export function defineMoments(module: Module, name: string): Func {
  return module.define(name, integers(8), (f, sets, runs, length, x, ...rest) => {
    const [setStep, runStep, means, variances] = rest as [Local, Local, Local, Local];
    const [run, start, at, left] = f.many(4);
    const [vector, center] = f.many(2, V128);
    const mean = f.local(F64);
    const sum = new Sum(f, lanes);
    const count = fromInt(i32.mul(runs, length));
    /** Sum over the runs of a set, whole vectors and what is left of each run. */
    const overSet = (whole: Code, tail: Code): Code => [
      sum.clear(),
      set(start, x),
      set(run, runs),
      times(
        run,
        set(at, start),
        overRow(lanes, left, length, [set(vector, v128.load(at)), whole, step(at, int(16))], tail),
        step(start, runStep),
      ),
    ];
    const deviations = f.many(2, V128);
    const squares = [
      widened(lanes, vector).map((wide, i) => set(deviations[i]!, f64x2.sub(wide, center))),
      sum.addWide(deviations.map((d) => f64x2.mul(d, d))),
    ];
    // one element at a time: a zero behind the end would count as a deviation
    const singleSquares = times(
      left,
      set(vector, f64x2.sub(f64x2.fromFloats(v128.load32Zero(at)), center)),
      sum.addWide([firstOnly(f64x2.mul(vector, vector))]),
      step(at, int(4)),
    );
    return times(
      sets,
      overSet(sum.add(vector), [set(vector, loadTail(lanes, at, left)), sum.add(vector)]),
      set(mean, div(sum.total(), count)),
      set(center, f64x2.splat(mean)),
      lanes.scalar.store(means, rounded(lanes, mean)),
      overSet(squares, singleSquares),
      lanes.scalar.store(variances, rounded(lanes, div(sum.total(), count))),
      step(means, int(4)),
      step(variances, int(4)),
      step(x, setStep),
    );
  });
}

/** The first lane of two, and 0. */
const firstOnly = (wide: Code): Code => v128.shuffle32(wide, f64x2.constant(0), [0, 1, 4, 5]);

/** Σ g and Σ g x of each run, as float64. Parameters: runs, length, addresses of x and g, targets. */
export function definePairSums(module: Module, name: string): Func {
  return module.define(name, integers(6), (f, runs, length, x, g, ...rest) => {
    const [plain, weighted] = rest as [Local, Local];
    const left = f.local();
    const [a, b] = f.many(2, V128);
    const [sum, products] = [new Sum(f, lanes), new Sum(f, lanes)];
    const wide = widened(lanes, a);
    const add = [sum.add(b), products.addWide(widened(lanes, b).map((part, i) => f64x2.mul(part, wide[i]!)))];
    return times(
      runs,
      sum.clear(),
      products.clear(),
      overRow(
        lanes,
        left,
        length,
        [set(a, v128.load(x)), set(b, v128.load(g)), add, step(x, int(16)), step(g, int(16))],
        [
          set(a, loadTail(lanes, x, left)),
          set(b, loadTail(lanes, g, left)),
          add,
          step(x, i32.shl(left, int(2))),
          step(g, i32.shl(left, int(2))),
        ],
      ),
      f64x2.scalar.store(plain, sum.total()),
      f64x2.scalar.store(weighted, products.total()),
      step(plain, int(8)),
      step(weighted, int(8)),
    );
  });
}
