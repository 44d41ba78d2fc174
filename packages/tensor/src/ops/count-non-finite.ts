/** How many elements are NaN or infinite: what decides whether a training step counts. */

import { defineOp, run } from "../op.ts";
import { rowMajor } from "../rows.ts";
import type { Tensor } from "../tensor.ts";

const countNonFiniteOp = defineOp<Record<string, never>>({
  name: "countNonFinite",
  noVjp: "a count is piecewise constant",
  shape: () => [{ shape: [], dtype: "int32" }],
  reference([out], inputs) {
    let count = 0;
    for (const input of inputs) {
      const values = rowMajor(input);
      for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) count += 1; // NaN − NaN and ∞ − ∞ are NaN
    }
    out!.data[out!.offset] = count;
  },
  samples: (rng) => ({ inputs: [{ shape: [1 + rng.integer(4)] }, { shape: [2, 1 + rng.integer(3)] }], params: {} }),
});

/**
 * Count the elements of some tensors that are NaN or infinite.
 *
 * @returns  [] int32
 * @example
 * countNonFinite(tensor([1, Number.NaN]), tensor(Infinity));   // 2
 */
export const countNonFinite = (...tensors: readonly Tensor[]): Tensor => run(countNonFiniteOp, tensors, {});
