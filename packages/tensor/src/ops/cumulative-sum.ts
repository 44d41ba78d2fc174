/** Running totals along an axis. A cotangent goes back as the running total from the other end. */

import { forEachLane, rowMajor } from "../layout/rows.ts";
import { run } from "../op/dispatch.ts";
import { type ComputeOp, defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { normalizeAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

interface Params {
  readonly axis: number;
  /** From the last element to the first. */
  readonly reverse: boolean;
}

const cumulativeSumOp: ComputeOp<Params, ["x"]> = /* @__PURE__ */ defineOp<Params, ["x"]>({
  name: "cumulativeSum",

  shape: ([x]) => [x],

  reference([out], [x], { axis, reverse }) {
    const values = rowMajor(x);
    const { data, offset, shape } = out;
    forEachLane(shape, axis, (start, step, n) => {
      let total = 0;
      for (let k = 0; k < n; k++) {
        const i = start + (reverse ? n - 1 - k : k) * step;
        total += values[i]!;
        data[offset + i] = total;
      }
    });
  },

  vjp: {
    pull: ([cotangent], _, { axis, reverse }) => [run(cumulativeSumOp, [cotangent], { axis, reverse: !reverse })],
  },
});

/* @__PURE__ */ sampled(cumulativeSumOp, (rng) => {
  const shape = Array.from({ length: 1 + rng.integer(3) }, () => 1 + rng.integer(4));
  return { inputs: [{ shape }], params: { axis: rng.integer(shape.length), reverse: rng.integer(2) === 1 } };
});

/**
 * Sum up to and including each element along an axis. Floats are summed in float64.
 *
 * @param x        [any]
 * @param reverse  sum from the last element to the first
 * @returns        x's shape and dtype
 * @throws {UsageError} the axis is out of range
 * @example
 * cumulativeSum(tensor([1, 2, 3]));   // [1, 3, 6]
 */
export function cumulativeSum(x: Tensor, axis = -1, { reverse = false }: { reverse?: boolean } = {}): Tensor {
  return run(cumulativeSumOp, [x], { axis: normalizeAxis("cumulativeSum", axis, x.rank), reverse });
}
