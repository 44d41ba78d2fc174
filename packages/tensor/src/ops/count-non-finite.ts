/** How many elements are NaN or infinite: what decides whether a training step counts. */

import { chunkSize, load } from "../layout/chunk.ts";
import { rowMajor } from "../layout/rows.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import type { Tensor } from "../tensor/tensor.ts";

const register = /* @__PURE__ */ new Float64Array(chunkSize);

const countNonFiniteOp = /* @__PURE__ */ defineOp<Record<string, never>, string[], ["out"]>({
  name: "countNonFinite",
  noVjp: "a count is piecewise constant",
  shape: () => [{ shape: [], dtype: "int32" }],
  reference([out], inputs) {
    let count = 0;
    for (const input of inputs) {
      const values = rowMajor(input);
      for (let start = 0; start < values.length; start += chunkSize) {
        const n = Math.min(chunkSize, values.length - start);
        load(register, values, start, n);
        let probe = 0; // 0·x is NaN for what is counted, so most chunks need no second look
        for (let i = 0; i < n; i++) probe += register[i]! * 0;
        if (Number.isNaN(probe)) for (let i = 0; i < n; i++) if (!Number.isFinite(register[i])) count += 1;
      }
    }
    out.data[out.offset] = count;
  },
});

/* @__PURE__ */ sampled(countNonFiniteOp, (rng) => ({
  inputs: [{ shape: [1 + rng.integer(4)] }, { shape: [2, 1 + rng.integer(3)] }],
  params: {},
}));

/**
 * Count the elements of some tensors that are NaN or infinite.
 *
 * @returns  [] int32
 * @example
 * countNonFinite(tensor([1, Number.NaN]), tensor(Infinity));   // 2
 */
export const countNonFinite = (...tensors: readonly Tensor[]): Tensor => run(countNonFiniteOp, tensors, {});
