/**
 * Softmax cross-entropy and its gradient, apart from the derivative of the gradient: that stands in softmax-cross-entropy.ts,
 * and the lean entry does without.
 *
 *     loss of a row = log Σ e^z − Σ_c t_c z_c,   t = (1 − s) one-hot + s / C
 *     gradient      = w (p − t) · cotangent,     p = softmax(z), w = 1 / rows for a mean, 1 for a sum
 *
 *     z logits [..., C]   s label smoothing   C classes
 */

import { ShapeError, UsageError } from "../../errors.ts";
import type { HostOperand } from "../../layout/operand.ts";
import { rowMajor } from "../../layout/rows.ts";
import { forEachDistribution } from "../../loops/softmax.ts";
import { run } from "../../op/dispatch.ts";
import { assertIndices, checkIndex } from "../../op/indices.ts";
import type { ComputeOp, Differentiable, Spec } from "../../op/op.ts";
import { asFloat } from "../../tensor/dtype.ts";
import { type Shape, sameShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** How rows are weighted, and how labels are smoothed. */
export interface SoftmaxCrossEntropyOptions {
  /** Weight s, in [0, 1), of the uniform distribution in the target. */
  readonly labelSmoothing?: number;
  /** "mean" divides by the number of rows. */
  readonly reduction?: "mean" | "sum";
}

/** Params of both ops. */
export type CrossEntropyParams = Required<SoftmaxCrossEntropyOptions>;

/** The loss as an op. */
export type CrossEntropy = ComputeOp<CrossEntropyParams, ["logits", "labels"]>;
/** Its gradient as an op. */
export type CrossEntropyGradient = ComputeOp<CrossEntropyParams, ["logits", "labels", "cotangent"]>;

/** Weight w of a row. */
export const weightOf = (logits: Shape, { reduction }: CrossEntropyParams): number =>
  reduction === "mean" ? 1 / sizeOf(logits.slice(0, -1)) : 1;

/** Visit each row with its label, the place of its first logit, its largest logit and Σ e^(z − largest). */
function forEachRowOf(
  { shape }: HostOperand,
  z: ArrayLike<number>,
  labels: HostOperand,
  visit: (label: number, start: number, end: number, largest: number, total: number) => void,
): void {
  const classes = shape.at(-1)!;
  const chosen = rowMajor(labels);
  let row = 0;
  forEachDistribution(z, shape, shape.length - 1, (start, end, _, largest, total) => {
    const label = chosen[row]!;
    checkIndex("softmaxCrossEntropy", label, row++, classes);
    visit(label, start, end, largest, total);
  });
}

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

/** Shape rule and loops of the gradient; inputs are [logits, labels, cotangent]. */
export const crossEntropyGradient: CrossEntropyGradient = {
  name: "softmaxCrossEntropyGrad",
  shape: ([logits, labels]) => [checked(logits, labels)],
  reference([out], [logits, labels, cotangent], params) {
    const s = params.labelSmoothing;
    const weight = weightOf(logits.shape, params) * cotangent.data[cotangent.offset]!;
    const z = rowMajor(logits);
    const { data, offset } = out;
    forEachRowOf(logits, z, labels, (label, start, end, largest, total) => {
      for (let c = start; c < end; c++) {
        const target = (c - start === label ? 1 - s : 0) + s / (end - start);
        data[offset + c] = weight * (Math.exp(z[c]! - largest) / total - target);
      }
    });
  },
};

/** The loss; inputs are [logits, labels]. Its derivative is the op `gradient`. */
export function crossEntropyWith(gradient: CrossEntropyGradient): CrossEntropy & Differentiable {
  return {
    name: "softmaxCrossEntropy",
    shape: ([logits, labels]) => [{ shape: [], dtype: checked(logits, labels).dtype }],
    reference([out], [logits, labels], params) {
      const s = params.labelSmoothing;
      const z = rowMajor(logits);
      let loss = 0;
      forEachRowOf(logits, z, labels, (label, start, end, largest, total) => {
        let target = (1 - s) * (z[start + label]! - largest);
        if (s > 0) for (let c = start; c < end; c++) target += (s / (end - start)) * (z[c]! - largest);
        loss += Math.log(total) - target;
      });
      out.data[out.offset] = loss * weightOf(logits.shape, params);
    },
    vjp: {
      saveInputs: () => [0, 1],
      pull: ([cotangent], saved, params) => [run(gradient, [saved.input(0), saved.input(1), cotangent], params), null],
    },
  };
}

/** Run the loss. @throws {UsageError} smoothing is not in [0, 1) */
export function runCrossEntropy(
  op: CrossEntropy,
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
  return run(op, [logits, labels], { labelSmoothing, reduction });
}
