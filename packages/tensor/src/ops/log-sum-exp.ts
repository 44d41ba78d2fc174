/** log Σ eˣ over axes, without overflow: m + log Σ e^(x−m) with m the largest x. */

import { forEachRow, withOnes, without } from "../layout/rows.ts";
import type { Reduced } from "../loops/sums.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { asFloat } from "../tensor/dtype.ts";
import { normalizeAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul, sub } from "./arithmetic.ts";
import { reshape } from "./reshape.ts";
import type { ReductionOptions } from "./sum-broadcast.ts";
import { exp } from "./unary.ts";

const logSumExpOp = /* @__PURE__ */ defineOp<Reduced, ["x"]>({
  name: "logSumExp",
  shape([x], { axes, keep }) {
    const { shape, dtype } = x;
    return [{ shape: (keep ? withOnes : without)(shape, axes), dtype: asFloat(dtype) }];
  },
  reference([out], [x], { axes }) {
    const { data } = x;
    forEachRow(x, axes, (row, positions) => {
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < positions.length; i++) largest = Math.max(largest, data[positions[i]!]!);
      let total = 0;
      for (let i = 0; i < positions.length; i++) total += Math.exp(data[positions[i]!]! - largest);
      // an infinite largest term is the result; ∞ − ∞ would be NaN
      out.data[out.offset + row] = Number.isFinite(largest) ? largest + Math.log(total) : largest;
    });
  },
  vjp: {
    saveInputs: () => [0],
    saveOutputs: () => [0],
    pull([cotangent], saved, { axes }) {
      const x = saved.input(0);
      const kept = withOnes(x.shape, axes);
      const softmax = exp(sub(x, reshape(saved.output(0), kept)));
      return [mul(softmax, reshape(cotangent, kept))];
    },
  },
});

/* @__PURE__ */ sampled(logSumExpOp, (rng) => {
  const shape = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(3));
  const axes = shape.map((_, axis) => axis).filter(() => rng.integer(2) === 1);
  return { inputs: [{ shape }], params: { axes, keep: rng.integer(2) === 1 } };
});

/**
 * log Σ eˣ over axes (default: all); −Infinity over no elements.
 *
 * @throws {UsageError} an axis is out of range or named twice
 */
export function logSumExp(
  x: Tensor,
  axes?: number | readonly number[],
  { keepdims = false }: ReductionOptions = {},
): Tensor {
  return run(logSumExpOp, [x], { axes: normalizeAxes("logSumExp", axes, x.rank), keep: keepdims });
}
