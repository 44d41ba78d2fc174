/**
 * Products of rows with rows, C += A Bᵀ, where neither is packed: both are read along k, a vector of each at a time, and four
 * lanes of a sum are added up at its end. Where there are few rows, packing would cost more than it saves.
 *
 * A block is 2 × 4 sums: just enough to hide what a multiply-add takes. With 3 × 4 the engine runs out of registers, and the
 * loop is slower by a third.
 */

import {
  call,
  type Func,
  i32,
  int,
  integers,
  loopWhile,
  type Module,
  set,
  step,
  times,
  V128,
  when,
} from "../engine/assembler.ts";
import { f32x4, multiplyAdd, storeTail, v128 } from "../engine/lanes.ts";

/** Rows of B in a block; as many may be read past its last. */
export const rowProductColumns = 4;

/**
 * Several products, the parts of which lie in equal steps.
 *
 * Parameters: products and bytes from one to the next in A, B and C; rows of A and of B, vectors in a row, address of A and bytes
 * from row to row, the same of B and of C.
 */
export function defineRowProducts(module: Module, name: string, fused: boolean): Func {
  const dots = defineProduct(module, fused);
  return module.define(name, integers(13), (_, count, stepA, stepB, stepC, m, n, vectors, A, rowA, B, rowB, C, rowC) =>
    times(count, call(dots, m, n, vectors, A, rowA, B, rowB, C, rowC), step(A, stepA), step(B, stepB), step(C, stepC)),
  );
}

function defineProduct(module: Module, fused: boolean): Func {
  const madd = multiplyAdd(f32x4, fused);
  return module.define(null, integers(9), (f, m, n, vectors, A, rowA, B, rowB, C, rowC) => {
    const [columns, left, b, c, target] = f.many(5);
    const columnsOf = Array.from({ length: rowProductColumns }, () => f.local());
    const right = f.local(V128);
    const sum = f.local(V128);
    const block = (height: number) => {
      const rows = f.many(height, V128);
      const sums = rows.map(() => f.many(rowProductColumns, V128));
      const addresses = rows.map(() => f.local());
      return loopWhile(
        i32.greaterEqual(m, int(height)),
        set(columns, n),
        set(b, B),
        set(c, C),
        loopWhile(
          i32.greater(columns, int(0)),
          addresses.map((address, i) => set(address, i === 0 ? A : i32.add(addresses[i - 1]!, rowA))),
          columnsOf.map((address, j) => set(address, j === 0 ? b : i32.add(columnsOf[j - 1]!, rowB))),
          sums.flat().map((one) => set(one, f32x4.constant(0))),
          set(left, vectors),
          times(
            left,
            rows.map((row, i) => [set(row, v128.load(addresses[i]!)), step(addresses[i]!, int(16))]),
            columnsOf.map((address, j) => [
              set(right, v128.load(address)),
              step(address, int(16)),
              rows.map((row, i) => set(sums[i]![j]!, madd(row, right, sums[i]![j]!))),
            ]),
          ),
          set(target, c),
          sums.map(([p, q, r, s]) => [
            set(p!, f32x4.add(v128.shuffle32(p!, q!, [0, 4, 1, 5]), v128.shuffle32(p!, q!, [2, 6, 3, 7]))),
            set(r!, f32x4.add(v128.shuffle32(r!, s!, [0, 4, 1, 5]), v128.shuffle32(r!, s!, [2, 6, 3, 7]))),
            set(sum, f32x4.add(v128.shuffle32(p!, r!, [0, 1, 4, 5]), v128.shuffle32(p!, r!, [2, 3, 6, 7]))),
            set(sum, f32x4.add(v128.load(target), sum)),
            when(i32.greater(columns, int(3)), v128.store(target, sum), storeTail(f32x4, target, sum, columns)),
            step(target, rowC),
          ]),
          step(b, i32.shl(rowB, int(2))),
          step(c, int(16)),
          step(columns, int(-rowProductColumns)),
        ),
        step(A, i32.mul(rowA, int(height))),
        step(C, i32.mul(rowC, int(height))),
        step(m, int(-height)),
      );
    };
    return [block(2), block(1)];
  });
}
