/**
 * The kernel of dampedInverse: a symmetric block sweep in float64, for both dtypes.
 *
 * Sweeping the pivot block D = A_KK of a positive definite A, with C the columns of K in the other rows, makes
 *
 *     A_KK ← −D⁻¹        C ← C D⁻¹        the rest ← the rest − C D⁻¹ Cᵀ
 *
 * and when all blocks are swept A has become −A⁻¹. Here −A is swept, so that the rest only adds and A⁻¹ comes out. Every step
 * is one symmetric update of the whole matrix of which a triangle is computed: n³ flops in all, at the rate of products,
 * where a Cholesky factor and its inverse come in pieces of all sizes. The pivots met are those of the Cholesky factor,
 * squared. Sizes are filled up to a multiple of 4 by an identity.
 *
 * Where a pivot is not positive the reference names it. Where rows are so nearly dependent that rounding could make the result
 * indefinite, the reference answers too (and is counted) with L⁻ᵀ L⁻¹, which cannot be. How nearly shows in aᵢᵢ (A⁻¹)ᵢᵢ = 1 / (1 − Rᵢ²)
 * with Rᵢ² the share of row i that the others explain; the error of A⁻¹, relative to its smallest eigenvalue, grows with its square.
 *
 * Source: Goodnight (1979), "A tutorial on the SWEEP operator", by blocks.
 */

import { defineCopyLowerToUpper } from "../emit/copy-lower-to-upper.ts";
import { defineInvertBlock, defineRankUpdate, defineTurn } from "../emit/symmetric-sweep.ts";
import { f64x2 } from "../engine/lanes.ts";
import { addressOf } from "../engine/runtime.ts";
import type { Kernels, Kit } from "../kit.ts";
import { runReference } from "../reference.ts";

const bytes = 8;
const block = 16;
/** Largest aᵢᵢ (A⁻¹)ᵢᵢ: its square stays below 1 / ε of float64, with room for n of them. */
const dependenceMost = 1e6;
/** Rows of a panel lie so many elements further apart than they are long: else, at powers of two, they share the sets of a cache. */
const gap = 8;

interface Space {
  readonly address: number;
  readonly values: Float64Array;
  readonly rowStep: number;
}

/** The kernel of dampedInverse, with which K-FAC refreshes. */
export function inverseKernels(kit: Kit): Kernels {
  const code = kit.code<"rankUpdate" | "invertBlock" | "turn" | "mirror">((module) => {
    defineRankUpdate(module, "rankUpdate", kit.fused);
    defineInvertBlock(module, "invertBlock", kit.fused);
    defineTurn(module, "turn");
    defineCopyLowerToUpper(module, "mirror", f64x2);
  });

  /** Scratch matrices; views only when all of them are there, because memory may grow. */
  const spaces = (shapes: readonly (readonly [number, number])[]): Space[] =>
    shapes
      .map((shape) => kit.temporary("float64", shape))
      .map((operand) => ({
        address: addressOf(operand),
        values: kit.values(operand) as Float64Array,
        rowStep: operand.strides[0]! * bytes,
      }));

  /**
   * Sweep the lower triangle of −A, n × n with n a multiple of 4; false where a pivot fails. P takes the columns C of a block,
   * turned, Q those of C D⁻¹, and D its pivot block.
   */
  const sweep = (n: number, [A, P, Q, D]: readonly [Space, Space, Space, Space]): boolean => {
    const { rankUpdate, invertBlock, turn } = code();
    const row = (panel: Space, r: number, from: number, to: number) =>
      panel.values.subarray(r * (n + gap) + from, r * (n + gap) + to);
    for (let from = 0; from < n; from += block) {
      const to = Math.min(from + block, n);
      const width = to - from;
      const below = A.address + to * A.rowStep + from * bytes;
      for (let r = 0; r < width; r++) {
        const start = (from + r) * n;
        row(P, r, 0, to).set(A.values.subarray(start, start + to));
        for (let s = 0; s < width; s++) {
          const value = A.values[(from + Math.max(r, s)) * n + from + Math.min(r, s)]!;
          D.values[r * width + s] = -value;
        }
      }
      turn(n - to, width, below, A.rowStep, P.address + to * bytes, P.rowStep);
      if (invertBlock(width, D.address) !== 0) return false;
      Q.values.fill(0);
      rankUpdate(width, n, width, D.address, width * bytes, P.address, P.rowStep, Q.address, Q.rowStep, 0);
      rankUpdate(n, n, width, Q.address, Q.rowStep, P.address, P.rowStep, A.address, A.rowStep, 1);
      // the update has spoilt the block's own rows and columns, which are known anyway
      for (let r = 0; r < width; r++) {
        A.values.set(row(Q, r, 0, from), (from + r) * n);
        A.values.set(D.values.subarray(r * width, (r + 1) * width), (from + r) * n + from);
      }
      turn(width, n - to, Q.address + to * bytes, Q.rowStep, below, A.rowStep);
    }
    return true;
  };

  return {
    dampedInverse([out], [A, mu], params: { readonly damping: number }, op) {
      if (mu !== undefined) return false; // of devices that cannot be asked for it
      const n = A!.shape[0]!;
      const size = Math.ceil(n / 4) * 4;
      const source = kit.dense(A!);
      const panel = [block, size + gap] as const;
      const all = spaces([[size, size], panel, panel, [block, block]]) as [Space, Space, Space, Space];
      const [matrix] = all;
      const [from, values] = [kit.values(source), matrix.values];
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < i; j++) values[i * size + j] = -from[i * n + j]!;
        values[i * size + i] = -from[i * n + i]! - params.damping;
      }
      for (let i = n; i < size; i++) values.fill(0, i * size, i * size + i).fill(-1, i * size + i, i * size + i + 1);
      const diagonal = Float64Array.from({ length: n }, (_, i) => -values[i * (size + 1)]!);
      const isSafe = (a: number, i: number) => a * values[i * (size + 1)]! < dependenceMost;
      if (!sweep(size, all) || !diagonal.every(isSafe)) return runReference(kit, op, [out!], [A!], params);
      code().mirror(size, matrix.address);
      const to = kit.values(out!);
      for (let i = 0; i < n; i++) to.set(matrix.values.subarray(i * size, i * size + n), i * n);
      return true;
    },
  };
}
