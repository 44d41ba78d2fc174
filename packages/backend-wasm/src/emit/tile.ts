/**
 * The innermost loop of every product: C[MR, NR] (+)= A[MR, k] B[k, NR] from packed panels.
 *
 * V8 has 15 vector registers to give on x64. With fused multiply-add a tile of 6 rows × 2 vectors keeps 12 sums, 2 vectors of
 * B and 1 element of A in them; without, the product needs a register of its own, and 4 rows are left. The loop over k is not
 * unrolled: the engine then keeps everything in registers (unrolled it spills on some versions). Where the engine pairs vectors,
 * there are twice as many columns, as each register then holds two vectors, and four steps of k in a turn.
 *
 * A second tile has 4 rows, whose 8 sums are just enough to hide what a multiply-add takes, so that 16, 32 and 64 rows waste none.
 *
 * Every element of C has one accumulator that adds its products in ascending k.
 */

import {
  type Code,
  type Func,
  i32,
  int,
  integers,
  type Local,
  least,
  type Module,
  select,
  set,
  step,
  times,
  V128,
  when,
} from "../engine/assembler.ts";
import { type Lanes, multiplyAdd, v128 } from "../engine/lanes.ts";

export interface TileSize {
  /** Rows of A's panels, and of the tile. */
  readonly MR: number;
  /** Rows of the short tile. */
  readonly SR: number;
  /** Columns of B's panels. */
  readonly NR: number;
}

/** What the engine makes of vectors. */
export interface Arithmetic {
  /** Whether multiply and add are one instruction (relaxed SIMD). */
  readonly fused: boolean;
  /** Whether it joins two vectors that lie side by side to one of 256 bits, where it can. */
  readonly paired: boolean;
}

export function tileSize(lanes: Lanes, { fused, paired }: Arithmetic): TileSize {
  return { MR: fused ? 6 : 4, SR: 4, NR: (paired ? 4 : 2) * lanes.count };
}

/** How many of the rows (1 and more) that are left the next panel takes: 8 are two panels of 4, and not 6 and 2. */
export function panelRows(left: Local, { MR, SR }: TileSize): Code {
  const areTwoShort = i32.equal(i32.shr(i32.add(left, int(1)), int(1)), int(SR)); // 7 or 8
  return select(areTwoShort, int(SR), least(left, int(MR)));
}

/**
 * The product of a panel's first `height` rows.
 *
 * Parameters: k, addresses of the panels of A (k rows of MR) and B (k rows of NR), address of C, bytes from row to row of C,
 * and whether to add to what C holds.
 */
export function defineTile(module: Module, lanes: Lanes, arithmetic: Arithmetic, height: number): Func {
  const { MR, NR } = tileSize(lanes, arithmetic);
  const vectors = NR / lanes.count;
  const madd = multiplyAdd(lanes, arithmetic.fused);
  return module.define(null, integers(6), (f, k, a, b, c, rowStep, adds) => {
    const sums = Array.from({ length: height }, () => f.many(vectors, V128));
    const right = f.many(vectors, V128);
    const left = f.local(V128);
    const accumulate = (steps: number) => [
      Array.from({ length: steps }, (_, u) => [
        right.map((vector, j) => set(vector, v128.load(b, u * NR * lanes.bytes + j * 16))),
        sums.map((row, i) => [
          set(left, lanes.loadSplat(a, (u * MR + i) * lanes.bytes)),
          row.map((sum, j) => set(sum, madd(left, right[j]!, sum))),
        ]),
      ]),
      step(a, int(steps * MR * lanes.bytes)),
      step(b, int(steps * NR * lanes.bytes)),
    ];
    const store = (add: boolean) =>
      sums.map((row) => [
        row.map((sum, j) => v128.store(c, add ? lanes.add(v128.load(c, j * 16), sum) : sum, j * 16)),
        step(c, rowStep),
      ]);
    const some = f.local();
    const many = [set(some, i32.shr(k, int(2))), times(some, accumulate(4)), set(k, i32.and(k, int(3)))];
    return [arithmetic.paired ? many : [], times(k, accumulate(1)), when(adds, store(true), store(false))];
  });
}
