/** Statistics of sets of elements for normalisation, accumulated in float64. */

import {
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
} from "../engine/assembler.ts";
import { f32x4, f64x2, v128 } from "../engine/lanes.ts";
import { loadTail, overRow, rounded, Sum, widened } from "./vectors.ts";

const lanes = f32x4;
const { scalar } = f64x2;
const fromInt = instruction(0xb7);

/**
 * Mean and biased variance of sets; a set is `runs` runs of `length` neighbours. One pass, over distances from the set's first
 * element c: mean = c + Σd/n, variance = (Σd² − (Σd)²/n)/n. As c is one of the n, (c − mean)² is at most n variances, so what
 * cancels costs at most log₂ n of float64's 53 bits.
 *
 * Parameters: sets, runs, length, address, bytes from set to set and from run to run, targets of means and variances (float32).
 */
export function defineMoments(module: Module, name: string): Func {
  return module.define(name, integers(8), (f, sets, runs, length, x, ...rest) => {
    const [setStep, runStep, means, variances] = rest as [Local, Local, Local, Local];
    const [run, start, at, left] = f.many(4);
    const [vector, first, center] = f.many(3, V128);
    const [count, total] = f.many(2, F64);
    const [sum, squares] = [new Sum(f, lanes), new Sum(f, lanes)];
    const distances = f.many(2, V128);
    const add = [
      widened(lanes, vector).map((wide, i) => set(distances[i]!, f64x2.sub(wide, center))),
      sum.addWide(distances),
      squares.addWide(distances.map((d) => f64x2.mul(d, d))),
    ];
    return [
      set(count, fromInt(i32.mul(runs, length))),
      times(
        sets,
        set(first, lanes.loadSplat(x)),
        set(center, f64x2.fromFloats(first)),
        sum.clear(),
        squares.clear(),
        set(start, x),
        set(run, runs),
        times(
          run,
          set(at, start),
          overRow(
            lanes,
            left,
            length,
            [set(vector, v128.load(at)), add, step(at, int(16))],
            [set(vector, loadTail(lanes, at, left, first)), add],
          ),
          step(start, runStep),
        ),
        set(total, sum.total()),
        lanes.scalar.store(means, rounded(lanes, scalar.add(f64x2.lane(center, 0), scalar.div(total, count)))),
        lanes.scalar.store(
          variances,
          rounded(lanes, scalar.div(scalar.sub(squares.total(), scalar.div(scalar.mul(total, total), count)), count)),
        ),
        step(means, int(4)),
        step(variances, int(4)),
        step(x, setStep),
      ),
    ];
  });
}

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
      scalar.store(plain, sum.total()),
      scalar.store(weighted, products.total()),
      step(plain, int(8)),
      step(weighted, int(8)),
    );
  });
}
