/**
 * Cross-entropy between softmax(z) and labels. With S shared positions and w = 1/S for a mean, 1 for a sum, an example's
 * loss, its gradient and its Hessian in the logits are, position by position,
 *
 *     ℓ = w Σ_s (log Σ e^z − Σ_c t_c z_c)      ∇ℓ = w (p − t)      H = w (diag p − p pᵀ)
 *
 *     z logits [N, C] or [N, …, C], S = product of the axes between   p = softmax(z)   t target distribution
 *
 * t is the label's unit vector, smoothed to (1 − s) one-hot + s/C; the Hessian does not depend on it.
 *
 * Label columns (METHODS.md §3.1): exact √(w p_c) (e_c − p), one for each position and class, as diag p − p pᵀ =
 * Σ_c p_c (e_c − p)(e_c − p)ᵀ; sampled √w (p − e_y) with a label y drawn from p at each position, all positions at once.
 */

import type { Loss } from "@kronograd/autograd";
import {
  add,
  argMax,
  generate,
  logSoftmax,
  mul,
  oneHot,
  type Rng,
  reshape,
  type Shape,
  scale,
  shift,
  sizeOf,
  slice,
  softmax,
  softmaxCrossEntropy as softmaxCrossEntropyOp,
  sqrt,
  sub,
  sum,
  type Tensor,
} from "@kronograd/tensor";
import { checkRate } from "../parts/checks.ts";
import { signs } from "../parts/label-columns.ts";
import { checkReduction, checkTargets, type LossReduction, scaleOf } from "../parts/loss-checks.ts";

/** Options of softmax cross-entropy. */
export interface SoftmaxCrossEntropyLossOptions {
  /** "mean" over examples and positions (default), or the "sum" of everything. */
  readonly reduction?: LossReduction;
  /** Weight, in [0, 1), of the uniform distribution in the target; default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Measure the cross-entropy between softmax(outputs), over the last axis, and labels.
 *
 * Targets are int32 class numbers [N, …], or distributions in the shape of the outputs, each summing to 1.
 *
 * @throws {UsageError} an unknown reduction, or smoothing outside [0, 1); in use: a label is out of range
 * @throws {ShapeError} in use: there is not one target for each row of outputs
 * @example
 * softmaxCrossEntropy().value(tensor([[0, 0]]), tensor(Int32Array.of(1)));   // log 2
 */
export function softmaxCrossEntropy({
  reduction = "mean",
  labelSmoothing = 0,
}: SoftmaxCrossEntropyLossOptions = {}): Loss {
  const name = "softmaxCrossEntropy";
  checkReduction(name, reduction);
  checkRate(name, "labelSmoothing", labelSmoothing);
  const weightOf = (shape: Shape) => (reduction === "mean" ? 1 / sizeOf(shape.slice(1, -1)) : 1);
  return {
    name,
    reduction,
    lossScale: (outputs) => scaleOf(reduction, outputs),
    value(outputs, targets) {
      if (targets.dtype === "int32") return softmaxCrossEntropyOp(outputs, targets, { reduction, labelSmoothing });
      checkTargets(name, outputs, targets);
      const classes = outputs.shape.at(-1) ?? 1;
      const smooth =
        labelSmoothing === 0 ? targets : shift(scale(targets, 1 - labelSmoothing), labelSmoothing / classes);
      return scale(sum(mul(smooth, logSoftmax(outputs))), -weightOf(outputs.shape) / scaleOf(reduction, outputs));
    },
    hessianProduct(outputs, _, vector) {
      const p = softmax(outputs);
      const product = mul(p, sub(vector, sum(mul(p, vector), -1, { keepAxes: true }))); // (diag p − p pᵀ) v
      return scale(product, weightOf(outputs.shape) / scaleOf(reduction, outputs));
    },
    *labelColumns(source, outputs, _, rng) {
      const rootWeight = Math.sqrt(weightOf(outputs.shape));
      const p = softmax(outputs);
      if (source === "sampled") yield scale(sub(p, drawnLabels(outputs, rng)), rootWeight);
      else if (source === "randomSign") yield scale(signedLabels(p, rng), rootWeight);
      else for (const column of exactLabels(p)) yield scale(column, rootWeight);
    },
  };
}

/** e_y with y drawn from softmax(z) at every position: the largest of z plus Gumbel noise is distributed so. */
function drawnLabels(z: Tensor, rng: Rng): Tensor {
  const noise = generate(z.shape, z, () => -Math.log(-Math.log(rng.uniform())));
  return oneHot(argMax(add(z, noise)), z.shape.at(-1) as number, { dtype: z.dtype });
}

/** Σ_c ε_c √p_c (e_c − p) = ε√p − p Σ_c ε_c √p_c, with independent signs ε. */
function signedLabels(p: Tensor, rng: Rng): Tensor {
  const root = mul(sqrt(p), signs(p, rng));
  return sub(root, mul(p, sum(root, -1, { keepAxes: true })));
}

/** √p_c (e_c − p) at one position and 0 at the others, for every position and class. */
function* exactLabels(p: Tensor): Generator<Tensor> {
  const [examples, ...rest] = p.shape as readonly [number, ...number[]];
  const classes = rest.at(-1) as number;
  const positions = sizeOf(rest) / classes;
  const rows = reshape(p, [examples, positions, classes]);
  const at = (shape: Shape, k: number) => generate(shape, p, (i) => (i === k ? 1 : 0));
  for (let s = 0; s < positions; s++) {
    for (let c = 0; c < classes; c++) {
      const root = sqrt(slice(rows, [null, null, [c, c + 1]])); // [N, S, 1]
      const column = mul(root, sub(at([classes], c), rows)); // [N, S, C]
      yield reshape(positions === 1 ? column : mul(column, at([1, positions, 1], s)), p.shape);
    }
  }
}
