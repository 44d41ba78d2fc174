/** The three passes over memory of a symmetric eigenproblem, in float64 (kernels/eigen.ts tells how they are used). */

import {
  type Code,
  type Func,
  i32,
  int,
  integers,
  type Local,
  loopWhile,
  type Module,
  set,
  step,
  times,
  upTo,
  V128,
} from "../engine/assembler.ts";
import { f64x2, multiplyAdd, v128 } from "../engine/lanes.ts";

const lanes = f64x2;
const { store, add } = lanes.scalar;

/**
 * Rows i of a symmetric matrix: aᵢ −= vᵢ p + pᵢ v, and then tᵢ = aᵢ · w, in one pass over memory, two rows at a time.
 * The vectors have zeros outside of their own part, so that any whole vectors may be read.
 *
 * Parameters: rows (even; as many columns), address of the matrix, bytes from row to row, addresses of v, p, w and t.
 */
export function defineUpdateTimes(module: Module, name: string, fused: boolean): Func {
  const madd = multiplyAdd(lanes, fused);
  return module.define(name, integers(7), (f, rows, A, rowStep, v, p, w, t) => {
    const [vectors, left, offset, upper, lower, vRow, pRow] = f.many(7);
    const [vNow, pNow, wNow] = f.many(3, V128);
    const two = [upper, lower].map((row, i) => {
      const [sum, minusV, minusP, a] = f.many(4, V128);
      return { row, i, sum, minusV, minusP, a };
    });
    const turned = (address: Code, i: number) => lanes.neg(lanes.loadSplat(address, i * lanes.bytes));
    const pairOfRows = [
      set(upper, A),
      set(lower, i32.add(A, rowStep)),
      two.map(({ i, sum, minusV, minusP }) => [
        set(sum, lanes.constant(0)),
        set(minusV, turned(vRow, i)),
        set(minusP, turned(pRow, i)),
      ]),
      set(offset, int(0)),
      set(left, vectors),
      times(
        left,
        set(vNow, v128.load(i32.add(v, offset))),
        set(pNow, v128.load(i32.add(p, offset))),
        set(wNow, v128.load(i32.add(w, offset))),
        two.map(({ row, sum, minusV, minusP, a }) => [
          set(a, madd(minusP, vNow, madd(minusV, pNow, v128.load(row)))),
          v128.store(row, a),
          set(sum, madd(a, wNow, sum)),
          step(row, int(16)),
        ]),
        step(offset, int(16)),
      ),
      two.map(({ i, sum }) => store(t, add(lanes.lane(sum, 0), lanes.lane(sum, 1)), i * lanes.bytes)),
      [vRow, pRow, t].map((local) => step(local, int(2 * lanes.bytes))),
      step(A, i32.shl(rowStep, int(1))),
    ];
    return [
      set(vectors, i32.shr(rows, int(1))),
      set(rows, vectors),
      set(vRow, v),
      set(pRow, p),
      times(rows, pairOfRows),
    ];
  });
}

/** Strips of sixteen, four and two columns, each with its body; `base` moves along. */
function strips(columns: Local, base: Local, body: (width: number) => Code): Code {
  return [16, 4, 2].map((width) =>
    loopWhile(
      i32.greaterEqual(columns, int(width)),
      body(width),
      step(base, int(width * lanes.bytes)),
      step(columns, int(-width)),
    ),
  );
}

/**
 * Rotations of neighbouring rows, from the last pair to the first: with c and s of pair i, row i becomes c zᵢ − s zᵢ₊₁ and
 * row i+1 s zᵢ + c zᵢ₊₁. What two pairs share stays in registers.
 *
 * Parameters: pairs, address behind the last pair's (c, s), address of the last row, bytes from row to row, columns (even).
 */
export function defineRotate(module: Module, name: string, fused: boolean): Func {
  const madd = multiplyAdd(lanes, fused);
  return module.define(name, integers(5), (f, pairs, turns, last, rowStep, columns) => {
    const [left, turn, row, below] = f.many(4);
    const [c, s, minusS, above] = f.many(4, V128);
    const carried = f.many(8, V128);
    return strips(columns, last, (width) => {
      const own = carried.slice(0, width / 2);
      return [
        set(row, last),
        set(turn, turns),
        set(left, pairs),
        own.map((z, j) => set(z, v128.load(row, j * 16))),
        times(
          left,
          step(turn, int(-16)),
          set(c, lanes.loadSplat(turn)),
          set(s, lanes.loadSplat(turn, lanes.bytes)),
          set(minusS, lanes.neg(s)),
          set(below, row),
          set(row, i32.sub(row, rowStep)),
          own.map((z, j) => [
            set(above, v128.load(row, j * 16)),
            v128.store(below, madd(s, above, lanes.mul(c, z)), j * 16),
            set(z, madd(minusS, z, lanes.mul(c, above))),
          ]),
        ),
        own.map((z, j) => v128.store(row, z, j * 16)),
      ];
    });
  });
}

/**
 * Z −= v (vᵀ Z). Parameters: rows, address of v, address of Z, bytes from row to row, columns (even).
 */
export function defineReflect(module: Module, name: string, fused: boolean): Func {
  const madd = multiplyAdd(lanes, fused);
  return module.define(name, integers(5), (f, rows, v, Z, rowStep, columns) => {
    const [i, row, entry] = f.many(3);
    const factor = f.local(V128);
    const sums = f.many(8, V128);
    /** For each row, with v's entry in `factor`. */
    const down = (each: Code): Code => [
      set(row, Z),
      set(entry, v),
      upTo(i, rows, set(factor, lanes.loadSplat(entry)), each, step(entry, int(lanes.bytes)), step(row, rowStep)),
    ];
    return strips(columns, Z, (width) => {
      const own = sums.slice(0, width / 2);
      return [
        own.map((sum) => set(sum, lanes.constant(0))),
        down(own.map((sum, j) => set(sum, madd(factor, v128.load(row, j * 16), sum)))),
        own.map((sum) => set(sum, lanes.neg(sum))),
        down(own.map((sum, j) => v128.store(row, madd(factor, sum, v128.load(row, j * 16)), j * 16))),
      ];
    });
  });
}
