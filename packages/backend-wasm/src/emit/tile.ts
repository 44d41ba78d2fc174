/**
 * The innermost loop of every product: C[MR, NR] (+)= A[MR, k] B[k, NR] from packed panels.
 *
 * V8 has 15 vector registers to give on x64. With fused multiply-add a tile of 6 rows × 2 vectors keeps 12 sums, 2 vectors of
 * B and 1 element of A in them; without, the product needs a register of its own, and 4 rows are left. The loop over k is not
 * unrolled: the engine then keeps everything in registers (unrolled it spills on some versions).
 *
 * Every element of C has one accumulator that adds its products in ascending k.
 */

import { type Func, I32, int, type Module, set, step, times, V128, when } from "../assembler.ts";
import { type Lanes, multiplyAdd, v128 } from "../lanes.ts";

export interface TileSize {
  /** Rows of A's panels. */
  readonly MR: number;
  /** Columns of B's panels. */
  readonly NR: number;
}

export function tileSize(lanes: Lanes, fused: boolean): TileSize {
  return { MR: fused ? 6 : 4, NR: 2 * lanes.count };
}

/**
 * Parameters: k, addresses of the panels of A (k rows of MR) and B (k rows of NR), address of C, bytes from row to row of C,
 * and whether to add to what C holds.
 */
export function defineTile(module: Module, lanes: Lanes, fused: boolean): Func {
  const { MR, NR } = tileSize(lanes, fused);
  const vectors = NR / lanes.count;
  const madd = multiplyAdd(lanes, fused);
  return module.define(null, [I32, I32, I32, I32, I32, I32], (f, k, a, b, c, rowStep, adds) => {
    const sums = Array.from({ length: MR }, () => f.many(vectors, V128));
    const right = f.many(vectors, V128);
    const left = f.local(V128);
    const accumulate = [
      right.map((vector, j) => set(vector, v128.load(b, j * 16))),
      sums.map((row, i) => [
        set(left, lanes.loadSplat(a, i * lanes.bytes)),
        row.map((sum, j) => set(sum, madd(left, right[j]!, sum))),
      ]),
      step(a, int(MR * lanes.bytes)),
      step(b, int(NR * lanes.bytes)),
    ];
    const store = (add: boolean) =>
      sums.map((row) => [
        row.map((sum, j) => v128.store(c, add ? lanes.add(v128.load(c, j * 16), sum) : sum, j * 16)),
        step(c, rowStep),
      ]);
    return [times(k, accumulate), when(adds, store(true), store(false))];
  });
}
