/** Softmax along an axis and its logarithm, without overflow: the largest element is subtracted first. */

import { rowMajor } from "../layout/rows.ts";
import { forEachDistribution } from "../loops/softmax.ts";
import { run } from "../op/dispatch.ts";
import { type ComputeOp, defineOp, type Vjp } from "../op/op.ts";
import { type Sample, sampled } from "../op/samples.ts";
import { asFloat } from "../tensor/dtype.ts";
import type { Rng } from "../tensor/rng.ts";
import { normalizeAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul, sub } from "./arithmetic.ts";
import { sum } from "./sum-broadcast.ts";
import { exp } from "./unary.ts";

interface Axis {
  readonly axis: number;
}

/** `write` gives an element from its distance to the largest, and from Σ e^distance. */
function lanes(
  name: string,
  write: (distance: number, total: number) => number,
  pull: Vjp<Axis, ["x"], ["out"]>["pull"],
): ComputeOp<Axis, ["x"]> {
  return defineOp<Axis, ["x"]>({
    name,
    shape: ([x]) => [{ shape: x.shape, dtype: asFloat(x.dtype) }],
    reference([out], [x], { axis }) {
      const values = rowMajor(x);
      const { data, offset, shape } = out;
      forEachDistribution(values, shape, axis, (start, end, step, largest, total) => {
        for (let i = start; i < end; i += step) data[offset + i] = write(values[i]! - largest, total);
      });
    },
    vjp: { saveOutputs: () => [0], pull },
  });
}

const softmaxOp = /* @__PURE__ */ lanes(
  "softmax",
  (distance, total) => Math.exp(distance) / total,
  ([cotangent], saved, { axis }) => [pullSoftmax(saved.output(0), cotangent, axis)],
);

/** (diag p − p pᵀ) v along an axis, with p a softmax. */
export function pullSoftmax(p: Tensor, v: Tensor, axis: number): Tensor {
  const weighted = mul(p, v);
  return sub(weighted, mul(p, sum(weighted, axis, { keepdims: true })));
}

const logSoftmaxOp = /* @__PURE__ */ lanes(
  "logSoftmax",
  (distance, total) => distance - Math.log(total),
  ([cotangent], saved, { axis }) => {
    const total = sum(cotangent, axis, { keepdims: true });
    return [sub(cotangent, mul(exp(saved.output(0)), total))];
  },
);

/* @__PURE__ */ sampled(softmaxOp, randomLanes);
/* @__PURE__ */ sampled(logSoftmaxOp, randomLanes);

function randomLanes(rng: Rng): Sample<Axis> {
  const shape = Array.from({ length: 1 + rng.integer(3) }, () => 1 + rng.integer(3));
  return { inputs: [{ shape }], params: { axis: rng.integer(shape.length) } };
}

/**
 * eˣ / Σ eˣ along an axis.
 *
 * @throws {UsageError} the axis is out of range
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  return run(softmaxOp, [x], { axis: normalizeAxis("softmax", axis, x.rank) });
}

/**
 * x − log Σ eˣ along an axis: the logarithm of `softmax`, precise where that underflows.
 *
 * @throws {UsageError} the axis is out of range
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return run(logSoftmaxOp, [x], { axis: normalizeAxis("logSoftmax", axis, x.rank) });
}
