/**
 * Rows of float32: softmax and its relatives, and cross-entropy from logits with its gradient.
 *
 * A row is read for its largest element m, then for Σ e^(x − m), then written. What is left of a row after whole vectors is
 * filled with −Infinity, which adds nothing to either.
 */

import {
  type Code,
  double,
  F32,
  F64,
  type Func,
  float,
  I32,
  i32,
  int,
  integers,
  type Local,
  loopWhile,
  type Module,
  set,
  step,
  times,
  V128,
} from "../engine/assembler.ts";
import { f32x4, f64x2, storeTail, v128 } from "../engine/lanes.ts";
import { exp, log } from "./math.ts";
import { loadTail, overRow, promoted } from "./vectors.ts";
import { Writer } from "./writer.ts";

/** Vectors in a turn of the loops that do little with each. */
const turn = 4;

/** The two passes that all have in common, over a row at `x` of `n` elements. */
class Row {
  readonly w: Writer;
  readonly x: Local;
  readonly n: Local;
  readonly at: Local;
  readonly left: Local;
  readonly to: Local;
  readonly vector: Local;
  /** The largest element, and Σ e^(x − largest), in every lane. */
  readonly largest: Local;
  readonly total: Local;
  /** Largest elements so far of every fourth vector; the first is `largest` in the end. */
  readonly largests: readonly Local[];

  constructor(f: Func, fused: boolean, x: Local, n: Local) {
    this.w = new Writer(f, f32x4, fused);
    this.x = x;
    this.n = n;
    [this.at, this.left, this.to] = f.many(3);
    [this.vector, this.total] = f.many(2, V128);
    this.largests = f.many(turn, V128);
    this.largest = this.largests[0]!;
  }

  /**
   * Run `body` on each vector of the row, or of another one; with a target, store what it gives. In a turn of the loop it may
   * come several times, and is told which time it is.
   */
  each(body: (vector: Local, u: number) => Code, target: Local | null = null, source: Local = this.x, turn = 1): Code {
    const { w, at, left, vector, to } = this;
    const filler = w.number(Number.NEGATIVE_INFINITY);
    const write = (loaded: Code, isTail = false, u = 0): Code => {
      w.run(set(vector, loaded));
      const value = body(vector, u);
      if (target === null) w.run(value);
      else {
        const result = w.keep(value);
        w.run(isTail ? storeTail(f32x4, to, result, left) : v128.store(to, result, u * 16));
      }
      return w.take();
    };
    const several = (count: number): Code => [
      Array.from({ length: count }, (_, u) => write(v128.load(at, u * 16), false, u)),
      step(at, int(count * 16)),
      step(to, int(count * 16)),
    ];
    const many = turn * f32x4.count;
    return [
      set(at, source),
      target === null ? [] : set(to, target),
      set(left, this.n),
      turn === 1 ? [] : loopWhile(i32.greaterEqual(left, int(many)), several(turn), step(left, int(-many))),
      overRow(f32x4, left, left, several(1), write(loadTail(f32x4, at, left, filler), true)),
    ];
  }

  /** With a target, e^(x − largest) is stored there. Without a need for NaN, which the total has too, `pmax` is the faster. */
  statistics(target: Local | null = null, larger: (a: Code, b: Code) => Code = f32x4.pmax): Code {
    const { w, largest, total, largests } = this;
    return [
      largests.map((own) => set(own, w.number(Number.NEGATIVE_INFINITY))),
      this.each((x, u) => set(largests[u]!, larger(largests[u]!, x)), null, this.x, turn),
      largests.map((own) => set(largest, larger(largest, own))),
      joinLanes(largest, larger),
      set(total, w.number(0)),
      this.each((x) => {
        const power = exp(w, f32x4.sub(x, largest));
        w.run(set(total, f32x4.add(total, power)));
        return target === null ? [] : power;
      }, target),
      joinLanes(total, f32x4.add),
    ];
  }

  /** log Σ e^(x − largest), in every lane. */
  logTotal(): { code: Code; value: Local } {
    const value = log(this.w, this.total);
    return { code: this.w.take(), value };
  }

  next(): Code {
    return step(this.x, i32.shl(this.n, int(2)));
  }
}

/** Join a vector's lanes, and leave the result in each. */
function joinLanes(vector: Local, join: (a: Code, b: Code) => Code): Code {
  const orders = [
    [2, 3, 0, 1],
    [1, 0, 3, 2],
  ];
  return orders.map((lanes) => set(vector, join(vector, v128.shuffle32(vector, vector, lanes))));
}

/** softmax and logSoftmax; parameters: rows, elements of a row, address, target. */
export function defineSoftmax(module: Module, name: "softmax" | "logSoftmax", fused: boolean): Func {
  return module.define(name, integers(4), (f, rows, n, x, out) => {
    const row = new Row(f, fused, x, n);
    const { w, largest, total } = row;
    const statistics = row.statistics(name === "softmax" ? out : null);
    const { code: logarithm, value: logTotal } = row.logTotal();
    const write =
      name === "softmax"
        ? [set(total, f32x4.div(w.number(1), total)), row.each((power) => f32x4.mul(power, total), out, out, turn)]
        : [logarithm, row.each((v) => f32x4.sub(f32x4.sub(v, largest), logTotal), out)];
    return [w.prologue, times(rows, statistics, write, row.next(), step(out, i32.shl(n, int(2))))];
  });
}

/** m + log Σ e^(x − m), or m where that is infinite; parameters: rows, elements of a row, address, target. */
export function defineLogSumExp(module: Module, name: string, fused: boolean): Func {
  return module.define(name, integers(4), (f, rows, n, x, out) => {
    const row = new Row(f, fused, x, n);
    const { w, largest } = row;
    const statistics = row.statistics(null, f32x4.max); // the total is NaN beside ∞ too
    const { code, value } = row.logTotal();
    const finite = f32x4.equal(f32x4.sub(largest, largest), w.number(0));
    const result = v128.choose(finite, f32x4.add(largest, value), largest);
    return [w.prologue, times(rows, statistics, code, v128.store32Lane(out, result, 0), row.next(), step(out, int(4)))];
  });
}

/**
 * Σ over rows of log Σ e^z − Σ t z; parameters: rows, classes, logits, labels (int32), label smoothing. The sum is float64.
 */
export function defineCrossEntropy(module: Module, name: string, fused: boolean): Func {
  const { add, sub, mul, div } = f64x2.scalar;
  return module.define(
    name,
    [I32, I32, I32, I32, F64],
    (f, rows, classes, logits, labels, smoothing) => {
      const row = new Row(f, fused, logits, classes);
      const { w, largest } = row;
      const loss = f.local(F64);
      const distances = f.local(V128);
      const statistics = row.statistics();
      const { code, value } = row.logTotal();
      const distance = (v: Code) => f32x4.sub(v, largest);
      const isReal = (v: Local) => f32x4.greater(v, w.number(Number.NEGATIVE_INFINITY));
      const all = [
        set(distances, w.number(0)),
        row.each((v) => set(distances, f32x4.add(distances, v128.and(distance(v), isReal(v))))),
        joinLanes(distances, f32x4.add),
      ];
      const wide = (vector: Code) => promoted(f32x4, f32x4.lane(vector, 0));
      const labelled = wide(distance(v128.load32Splat(i32.add(logits, i32.shl(i32.load(labels), int(2))))));
      const target = add(
        mul(sub(double(1), smoothing), labelled),
        div(mul(smoothing, wide(distances)), [classes, 0xb7]),
      );
      return [
        w.prologue,
        times(
          rows,
          statistics,
          code,
          all,
          set(loss, add(loss, sub(wide(value), target))),
          row.next(),
          step(labels, int(4)),
        ),
        loss,
      ];
    },
    F64,
  );
}

/** weight (p − t); parameters: rows, classes, logits, labels, label smoothing, weight, target. */
export function defineCrossEntropyGrad(module: Module, name: string, fused: boolean): Func {
  const { load, store, sub, mul, div } = f32x4.scalar;
  return module.define(name, [I32, I32, I32, I32, F32, F32, I32], (f, rows, classes, logits, labels, ...rest) => {
    const [smoothing, weight, out] = rest as [Local, Local, Local];
    const row = new Row(f, fused, logits, classes);
    const { w, total } = row;
    const at = f.local();
    const [scale, base] = f.many(2, V128);
    const statistics = row.statistics(out);
    const write = row.each((power) => f32x4.sub(f32x4.mul(power, scale), base), out, out);
    return [
      w.prologue,
      set(base, f32x4.splat(div(mul(weight, smoothing), [classes, 0xb2]))),
      times(
        rows,
        statistics,
        set(scale, f32x4.div(f32x4.splat(weight), total)),
        write,
        set(at, i32.add(out, i32.shl(i32.load(labels), int(2)))),
        store(at, sub(load(at), mul(weight, sub(float(1), smoothing)))),
        row.next(),
        step(labels, int(4)),
        step(out, i32.shl(classes, int(2))),
      ),
    ];
  });
}
