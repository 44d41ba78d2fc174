/**
 * Softmax and cross-entropy in one op, straight from the logits, so that no logarithm of a vanished probability is taken.
 *
 *     loss of a row = log Σ e^z − Σ_c t_c z_c,   t = (1 − s) one-hot + s / C
 *     gradient      = w (p − t) · cotangent,     p = softmax(z), w = 1 / rows for a mean, 1 for a sum
 *
 *     z logits [..., C]   s label smoothing   C classes
 *
 * The gradient is an op too; its own derivative, w (diag p − p pᵀ) · cotangent, is written with public ops (higher-order/softmax-cross-entropy.ts).
 */

import { ShapeError, UsageError } from "../errors.ts";
import type { HostOperand } from "../layout/operand.ts";
import { rowMajor } from "../layout/rows.ts";
import { run } from "../op/dispatch.ts";
import { assertIndices, checkIndex } from "../op/indices.ts";
import { type ComputeOp, defineOp, ofHigherOrder, type Spec } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { asFloat } from "../tensor/dtype.ts";
import type { Rng } from "../tensor/rng.ts";
import { type Shape, sameShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How rows are weighted, and how labels are smoothed. */
export interface SoftmaxCrossEntropyOptions {
  /** Weight s, in [0, 1), of the uniform distribution in the target. */
  readonly labelSmoothing?: number;
  /** "mean" divides by the number of rows. */
  readonly reduction?: "mean" | "sum";
}

type Params = Required<SoftmaxCrossEntropyOptions>;

/** Of a row. */
export const weightOf = (logits: Shape, { reduction }: Params): number =>
  reduction === "mean" ? 1 / sizeOf(logits.slice(0, -1)) : 1;

/** Gives each row's first place, label, largest logit and Σ e^(z − largest). */
function forEachRowOf(
  [logits, labels]: readonly HostOperand[],
  visit: (z: ArrayLike<number>, start: number, classes: number, label: number, largest: number, total: number) => void,
): void {
  const z = rowMajor(logits!);
  const classes = logits!.shape.at(-1) as number;
  rowMajor(labels!).forEach((label, row) => {
    checkIndex("softmaxCrossEntropy", label, row, classes);
    const start = row * classes;
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = start; c < start + classes; c++) largest = Math.max(largest, z[c]!);
    let total = 0;
    for (let c = start; c < start + classes; c++) total += Math.exp(z[c]! - largest);
    visit(z, start, classes, label, largest, total);
  });
}

const softmaxCrossEntropyOp = /* @__PURE__ */ defineOp<Params>({
  name: "softmaxCrossEntropy",
  shape: ([logits, labels]) => [{ shape: [], dtype: checked(logits as Spec, labels as Spec).dtype }],
  reference([out], inputs, params) {
    const s = params.labelSmoothing;
    let loss = 0;
    forEachRowOf(inputs, (z, start, classes, label, largest, total) => {
      let target = (1 - s) * (z[start + label]! - largest);
      if (s > 0) for (let c = start; c < start + classes; c++) target += (s / classes) * (z[c]! - largest);
      loss += Math.log(total) - target;
    });
    out!.data[out!.offset] = loss * weightOf(inputs[0]!.shape, params);
  },
  vjp: {
    saveInputs: () => [0, 1],
    pull: ([cotangent], saved, params) => [
      run(softmaxCrossEntropyGradOp, [saved.input(0), saved.input(1), cotangent as Tensor], params),
      null,
    ],
  },
});

/* @__PURE__ */ sampled(softmaxCrossEntropyOp, (rng) => ({ inputs: sampleRows(rng), params: sampleParams(rng) }));

/** The gradient; inputs are [logits, labels, cotangent]. */
export const softmaxCrossEntropyGradOp: ComputeOp<Params> = /* @__PURE__ */ defineOp({
  name: "softmaxCrossEntropyGrad",
  shape: ([logits, labels]) => [checked(logits as Spec, labels as Spec)],
  reference([out], inputs, params) {
    const s = params.labelSmoothing;
    const cotangent = inputs[2] as HostOperand;
    const weight = weightOf(inputs[0]!.shape, params) * cotangent.data[cotangent.offset]!;
    const { data, offset } = out!;
    forEachRowOf(inputs, (z, start, classes, label, largest, total) => {
      for (let c = start; c < start + classes; c++) {
        const target = (c - start === label ? 1 - s : 0) + s / classes;
        data[offset + c] = weight * (Math.exp(z[c]! - largest) / total - target);
      }
    });
  },
  noVjp: ofHigherOrder,
});

/* @__PURE__ */ sampled(softmaxCrossEntropyGradOp, (rng) => ({
  inputs: [...sampleRows(rng), { shape: [] }],
  params: sampleParams(rng),
}));

function sampleRows(rng: Rng) {
  const rows = Array.from({ length: rng.integer(3) }, () => 1 + rng.integer(3));
  const classes = 1 + rng.integer(4);
  return [{ shape: [...rows, classes] }, { shape: rows, dtype: "int32", range: [0, classes] }] as const;
}

const sampleParams = (rng: Rng): Params => ({
  labelSmoothing: rng.integer(2) * 0.1,
  reduction: rng.integer(2) === 0 ? "mean" : "sum",
});

function checked(logits: Spec, labels: Spec): Spec {
  assertIndices("softmaxCrossEntropy", labels);
  const { shape, dtype } = logits;
  if (shape.length > 0 && sameShape(labels.shape, shape.slice(0, -1))) return { shape, dtype: asFloat(dtype) };
  throw new ShapeError({
    where: "softmaxCrossEntropy",
    problem: `there must be one label for each row of logits [${shape.join(", ")}]`,
    expected: shape.slice(0, -1),
    got: labels.shape,
  });
}

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
export function softmaxCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0, reduction = "mean" }: SoftmaxCrossEntropyOptions = {},
): Tensor {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new UsageError({
      where: "softmaxCrossEntropy",
      problem: "labelSmoothing is out of range",
      expected: "[0, 1)",
      got: labelSmoothing,
    });
  }
  return run(softmaxCrossEntropyOp, [logits, labels], { labelSmoothing, reduction });
}
