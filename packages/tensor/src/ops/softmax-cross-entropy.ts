/**
 * Softmax and cross-entropy in one op, straight from the logits, so that no logarithm of a vanished probability is taken.
 * Its gradient is an op too, whose own derivative, w (diag p − p pᵀ) · cotangent, is written with public ops.
 */

import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { full } from "../tensor/create.ts";
import type { Rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul, scale } from "./arithmetic.ts";
import { dot } from "./dot.ts";
import {
  type CrossEntropyGradient,
  type CrossEntropyParams,
  crossEntropyGradient,
  crossEntropyWith,
  runCrossEntropy,
  type SoftmaxCrossEntropyOptions,
  weightOf,
} from "./parts/cross-entropy.ts";
import { pullSoftmax, softmax } from "./softmax.ts";

export type { SoftmaxCrossEntropyOptions } from "./parts/cross-entropy.ts";

const gradientOp: CrossEntropyGradient = /* @__PURE__ */ defineOp<
  CrossEntropyParams,
  ["logits", "labels", "cotangent"]
>({
  ...crossEntropyGradient,
  vjp: {
    saveInputs: (_, needs) => (needs[0] ? [0, 1, 2] : [0, 1]),
    pull([cotangent], saved, params) {
      const [logits, labels] = [saved.input(0), saved.input(1)];
      const v = cotangent;
      return [
        () => mul(scale(pullSoftmax(softmax(logits), v, -1), weightOf(logits.shape, params)), saved.input(2)),
        null,
        () => dot(v, run(gradientOp, [logits, labels, full([], 1, v)], params)),
      ];
    },
  },
});

/* @__PURE__ */ sampled(gradientOp, (rng) => ({
  inputs: [...sampleRows(rng), { shape: [] }],
  params: sampleParams(rng),
}));

const lossOp = /* @__PURE__ */ defineOp<CrossEntropyParams, ["logits", "labels"]>(
  /* @__PURE__ */ crossEntropyWith(gradientOp),
);

/* @__PURE__ */ sampled(lossOp, (rng) => ({ inputs: sampleRows(rng), params: sampleParams(rng) }));

function sampleRows(rng: Rng) {
  const rows = Array.from({ length: rng.integer(3) }, () => 1 + rng.integer(3));
  const classes = 1 + rng.integer(4);
  return [{ shape: [...rows, classes] }, { shape: rows, dtype: "int32", range: [0, classes] }] as const;
}

const sampleParams = (rng: Rng): CrossEntropyParams => ({
  labelSmoothing: rng.integer(2) * 0.1,
  reduction: rng.integer(2) === 0 ? "mean" : "sum",
});

/**
 * Cross-entropy between softmax(logits) and integer labels.
 *
 * @param logits  [..., C]
 * @param labels  [...], int32, in 0 … C−1
 * @returns       []
 * @throws {UsageError} a label is out of range, or smoothing is not in [0, 1)
 * @throws {ShapeError} there is not one label for each row
 * @example
 * softmaxCrossEntropy(tensor([[0, 0]]), tensor(Int32Array.of(1)));   // log 2
 */
export const softmaxCrossEntropy = (logits: Tensor, labels: Tensor, options?: SoftmaxCrossEntropyOptions): Tensor =>
  runCrossEntropy(lossOp, logits, labels, options);
