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

import { type Loss, type StepRows, stepRows } from "@kronograd/autograd";
import {
  add,
  argMax,
  cast,
  div,
  equal,
  gather,
  generate,
  logSoftmax,
  mean,
  mul,
  neg,
  notEqual,
  oneHot,
  pick,
  type Rng,
  reshape,
  type Shape,
  ShapeError,
  scale,
  scope,
  shift,
  sizeOf,
  slice,
  softmax,
  softmaxCrossEntropy as softmaxCrossEntropyOp,
  sqrt,
  sub,
  sum,
  type Tensor,
  UsageError,
  where,
} from "@kronograd/tensor";
import { checkRate } from "../parts/checks.ts";
import { signs } from "../parts/label-columns.ts";
import { checkPositive, checkReduction, checkTargets, type LossReduction } from "../parts/loss-checks.ts";

/** Options of softmax cross-entropy. */
export interface SoftmaxCrossEntropyLossOptions {
  /** "mean" over examples and positions (default), or the "sum" of everything. */
  readonly reduction?: LossReduction;
  /** Weight, in [0, 1), of the uniform distribution in the target; default 0. */
  readonly labelSmoothing?: number;
  /** Label of rows that are not there: a token that is not to be predicted, padding. It need not be a class. */
  readonly ignoreIndex?: number;
  /** Weight of each class: a row counts as much as its label (of a distribution: their mean). Default: each 1. */
  readonly classWeights?: readonly number[];
}

/**
 * Measure the cross-entropy between softmax(outputs), over the last axis, and labels.
 *
 * Targets are int32 class numbers [N, …], or distributions in the shape of the outputs, each summing to 1. Weights are of
 * examples [N], or of rows [N, …]; a mean is over the sum of the weights.
 *
 * @throws {UsageError} an unknown reduction, smoothing outside [0, 1), a class weight that is not above 0; in use: a label is
 *   out of range, or a distribution does not sum to 1 (checked where the device answers at once)
 * @throws {ShapeError} in use: there is not one target for each row of outputs, or outputs have no axis of examples
 * @example
 * softmaxCrossEntropy().value(tensor([[0, 0]]), tensor(Int32Array.of(1)));   // log 2
 * softmaxCrossEntropy({ ignoreIndex: -100 });                                // for masked tokens
 */
export function softmaxCrossEntropy({
  reduction = "mean",
  labelSmoothing = 0,
  ignoreIndex,
  classWeights,
}: SoftmaxCrossEntropyLossOptions = {}): Loss {
  const name = "softmaxCrossEntropy";
  checkReduction(name, reduction);
  checkRate(name, "labelSmoothing", labelSmoothing);
  if (classWeights !== undefined) checkPositive(name, "classWeights", classWeights);
  const weightOf = (shape: Shape) => (reduction === "mean" ? 1 / sizeOf(shape.slice(1, -1)) : 1);
  const examplesOf = (rows: StepRows) => rows.lossScale({ reduction }) as number;
  /** Labels with a class in the place of those that are ignored. */
  const known = (labels: Tensor) =>
    ignoreIndex === undefined ? labels : cast(where(equal(labels, ignoreIndex), 0, labels), "int32");
  const rowsFor = (targets: Tensor, weights?: Tensor): StepRows => {
    const isLabels = targets.dtype === "int32";
    const shape = isLabels ? targets.shape : targets.shape.slice(0, -1);
    const there = isLabels && ignoreIndex !== undefined ? notEqual(targets, ignoreIndex) : null;
    const ofClasses = classWeights && weighedByClass(name, isLabels ? known(targets) : targets, classWeights);
    const all = [weights && stepRows({ shape, weights }).weights, there, ofClasses].filter((w) => w instanceof Object);
    return stepRows({ shape, weights: all.length === 0 ? null : product(all) });
  };
  /** Weights of rows with an axis for the classes, [N, …, 1]; null where all count once. */
  const coefficients = ({ dtype }: Tensor, { weights, total }: StepRows): Tensor | null => {
    if (weights === null) return null;
    const w = reshape(cast(weights, dtype), [...weights.shape, 1]);
    return reduction === "sum" ? w : div(w, cast(total as Tensor, dtype));
  };
  const rowLosses = (outputs: Tensor, targets: Tensor): Tensor => {
    const logs = logSoftmax(outputs);
    if (targets.dtype !== "int32") {
      checkTargets(name, outputs, targets);
      return neg(sum(mul(smoothed(targets, outputs, labelSmoothing), logs), -1));
    }
    const atLabel = scale(pick(logs, known(targets)), labelSmoothing - 1);
    return labelSmoothing === 0 ? atLabel : sub(atLabel, scale(mean(logs, -1), labelSmoothing));
  };
  return {
    name,
    reduction,
    config: { reduction, labelSmoothing, ignoreIndex, classWeights },
    rows: rowsFor,
    value(outputs, targets, rows = rowsFor(targets)) {
      checkBatched(name, outputs);
      const w = coefficients(outputs, rows);
      if (w !== null) {
        checkSums(name, targets, rows.weights);
        return sum(mul(reshape(w, rows.shape), rowLosses(outputs, targets)));
      }
      if (targets.dtype === "int32") {
        const value = softmaxCrossEntropyOp(outputs, targets, { reduction, labelSmoothing });
        const share = reduction === "mean" ? (outputs.shape[0] as number) / examplesOf(rows) : 1;
        return share === 1 ? value : scale(value, share);
      }
      checkTargets(name, outputs, targets);
      checkSums(name, targets, null);
      const smooth = smoothed(targets, outputs, labelSmoothing);
      return scale(sum(mul(smooth, logSoftmax(outputs))), -weightOf(outputs.shape) / examplesOf(rows));
    },
    hessianProduct(outputs, targets, vector, rows = rowsFor(targets)) {
      const p = softmax(outputs);
      const product = mul(p, sub(vector, sum(mul(p, vector), -1, { keepdims: true }))); // (diag p − p pᵀ) v
      const w = coefficients(outputs, rows);
      return w === null ? scale(product, weightOf(outputs.shape) / examplesOf(rows)) : mul(w, product);
    },
    *labelColumns(source, outputs, targets, rng, rows = rowsFor(targets)) {
      const w = coefficients(outputs, rows);
      const n = rows.lossScale({ reduction });
      const root = w && sqrt(typeof n === "number" ? scale(w, n) : mul(w, cast(n, w.dtype)));
      const rootWeight = Math.sqrt(weightOf(outputs.shape));
      const weighed = (column: Tensor) => (root === null ? scale(column, rootWeight) : mul(root, column));
      const p = softmax(outputs);
      if (source === "sampled") yield weighed(sub(p, drawnLabels(outputs, rng)));
      else if (source === "randomSign") yield weighed(signedLabels(p, rng));
      else for (const column of exactLabels(p)) yield weighed(column);
    },
    rowLosses,
    predict: (outputs) => argMax(outputs),
  };
}

const product = (all: readonly Tensor[]): Tensor => {
  const dtype = all.find((w) => w.dtype !== "int32")?.dtype ?? "float32";
  return all.map((w) => cast(w, dtype)).reduce((a, b) => mul(a, b));
};

/** (1 − s) t + s/C */
function smoothed(targets: Tensor, outputs: Tensor, s: number): Tensor {
  return s === 0 ? targets : shift(scale(targets, 1 - s), s / (outputs.shape.at(-1) ?? 1));
}

/** The weight of each row's label, or the mean weight under its distribution. */
function weighedByClass(where: string, targets: Tensor, classWeights: readonly number[]): Tensor {
  const { device } = targets;
  const isLabels = targets.dtype === "int32";
  const dtype = isLabels ? (device.backend.host === undefined ? "float32" : "float64") : targets.dtype;
  const table = generate([classWeights.length], { device, dtype }, (c) => classWeights[c] as number);
  if (isLabels) return reshape(gather(reshape(table, [-1, 1]), targets), targets.shape);
  if (targets.shape.at(-1) === classWeights.length) return sum(mul(targets, table), -1);
  throw new UsageError({
    where,
    problem: "there must be one class weight for each class",
    expected: targets.shape.at(-1),
    got: classWeights.length,
  });
}

/** Check that logits have an axis of examples. */
function checkBatched(where: string, { rank, shape }: Tensor): void {
  if (rank >= 2) return;
  throw new ShapeError({
    where,
    problem: "outputs need an axis of examples before that of the classes",
    expected: ["N", "…", "C"],
    got: shape,
    help: "Give a single example as a batch of one, [1, C].",
  });
}

/** How far a distribution's sum may be from 1: rounding of float32 data, or of percentages. */
const sumTolerance = 1e-3;

/** Check that distributions sum to 1 where their rows are there, on devices that answer at once. */
function checkSums(where: string, targets: Tensor, weights: Tensor | null): void {
  if (targets.dtype === "int32" || targets.device.backend.host === undefined) return;
  const off = scope(() => {
    const sums = sum(targets, -1).dataSync();
    const there = weights?.dataSync();
    const row = sums.findIndex((total, i) => !(Math.abs(total - 1) <= sumTolerance) && there?.[i] !== 0);
    return row < 0 ? null : { row, total: sums[row] as number };
  });
  if (off === null) return;
  throw new UsageError({
    where,
    problem: `target distribution ${off.row} does not sum to 1`,
    expected: 1,
    got: off.total,
    help: "Leave a row out by a weight of 0, not by zeros in its target.",
  });
}

/** e_y with y drawn from softmax(z) at every position: the largest of z plus Gumbel noise is distributed so. */
function drawnLabels(z: Tensor, rng: Rng): Tensor {
  const noise = generate(z.shape, z, () => -Math.log(-Math.log(rng.uniform())));
  return oneHot(argMax(add(z, noise)), z.shape.at(-1) as number, { dtype: z.dtype });
}

/** Σ_c ε_c √p_c (e_c − p) = ε√p − p Σ_c ε_c √p_c, with independent signs ε. */
function signedLabels(p: Tensor, rng: Rng): Tensor {
  const root = mul(sqrt(p), signs(p, rng));
  return sub(root, mul(p, sum(root, -1, { keepdims: true })));
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

/** PyTorch's name of `softmaxCrossEntropy`: `crossEntropy({ ignoreIndex: -100 })`. */
export { softmaxCrossEntropy as crossEntropy };
