/**
 * Losses that are a sum over output elements, each with its own second derivative h. With w the weight of an element,
 *
 *     L = Σ w ℓ(f, y)      H = diag(w h)      w = factor / M, or factor, without weights
 *
 *     f, y [N, …]   M elements of an example, all axes but the first
 *
 * A row is the last axis of an output: [N, …] rows of C elements, [N] rows of one where that is all. Weights are of rows,
 * or of single elements where they have the shape of the outputs.
 */

import { type LabelSource, type Loss, type StepRows, stepRows } from "@kronograd/autograd";
import {
  cast,
  div,
  full,
  mean,
  mul,
  type Rng,
  reshape,
  type Shape,
  sameShape,
  scale,
  sizeOf,
  sqrt,
  sum,
  type Tensor,
} from "@kronograd/tensor";
import { signedColumn, unitColumns } from "./label-columns.ts";
import { checkReduction, checkTargets, type LossReduction } from "./loss-checks.ts";

/** Parts of such a loss. */
export interface ElementLoss {
  readonly name: string;
  readonly reduction: LossReduction;
  readonly config: Readonly<Record<string, unknown>>;
  /** Of a mean: over elements (default), or over examples of the sum of an example's elements. */
  readonly per?: "element" | "example";
  /** Factor on the loss, default 1. */
  readonly factor?: number;
  /** ℓ of each element, in the shape of the outputs. */
  losses(outputs: Tensor, targets: Tensor): Tensor;
  /** Σ ℓ, where there is a shorter way. */
  total?(outputs: Tensor, targets: Tensor): Tensor;
  /** h of each element; a number where it is the same for all. */
  readonly curvature: number | ((outputs: Tensor, targets: Tensor) => Tensor);
  /** Columns of weight w for drawn labels, E[c²] = w h. @throws {UsageError} no distribution belongs to the loss */
  sampled(outputs: Tensor, targets: Tensor, weight: number, rng: Rng): Tensor;
  /** @throws {UsageError} no distribution belongs to the loss */
  checkSource?(source: string): void;
  predict(outputs: Tensor): Tensor;
}

/** Make the loss. */
export function elementLoss(own: ElementLoss): Loss {
  const { name, reduction, config, per = "element", factor = 1, curvature, predict } = own;
  checkReduction(name, reduction);
  const isMean = reduction === "mean" && per === "element";
  const weightOf = ([, ...rest]: Shape) => (isMean ? factor / sizeOf(rest) : factor);
  const curvatureOf = (outputs: Tensor, targets: Tensor) =>
    typeof curvature === "number" ? full(outputs.shape, curvature, outputs) : curvature(outputs, targets);
  /** Weights of elements, in a shape that broadcasts to the outputs; null where all count once. */
  const coefficients = (outputs: Tensor, rows: StepRows): Tensor | null => {
    const given = rows.elements ?? rows.weights;
    if (given === null) return null;
    const width = outputs.rank === 1 ? 1 : (outputs.shape.at(-1) as number);
    const w = scale(cast(given, outputs.dtype), isMean ? factor / width : factor);
    const all = rows.elements !== null || outputs.rank === 1 ? w : reshape(w, [...w.shape, 1]);
    if (reduction === "sum") return all;
    return div(all, cast((isMean ? rows.total : rows.examples) as Tensor, outputs.dtype));
  };
  const examplesOf = (rows: StepRows) => rows.lossScale({ reduction }) as number;
  const rowsFor = (targets: Tensor, weights?: Tensor): StepRows => {
    const shape = targets.rank > 1 ? targets.shape.slice(0, -1) : targets.shape;
    const ofElements = weights !== undefined && weights.rank > 1 && sameShape(weights.shape, targets.shape);
    return stepRows({ shape, ...(ofElements ? { elements: weights } : { weights }) });
  };
  function* columns(
    source: Exclude<LabelSource, "empirical">,
    outputs: Tensor,
    targets: Tensor,
    rng: Rng,
    rows: StepRows,
  ): Generator<Tensor> {
    const w = coefficients(outputs, rows);
    const n = rows.lossScale({ reduction });
    const weight = w === null ? weightOf(outputs.shape) : 1;
    const weighed = w && sqrt(typeof n === "number" ? scale(w, n) : mul(w, cast(n, w.dtype)));
    if (source === "sampled") {
      const column = own.sampled(outputs, targets, weight, rng);
      yield weighed ? mul(weighed, column) : column;
      return;
    }
    const root =
      typeof curvature === "number"
        ? full(outputs.shape, Math.sqrt(curvature * weight), outputs)
        : scale(sqrt(curvature(outputs, targets)), Math.sqrt(weight));
    const all = weighed ? mul(weighed, root) : root;
    if (source === "exact") yield* unitColumns(all);
    else yield signedColumn(all, rng);
  }
  return {
    name,
    reduction,
    config,
    rows: rowsFor,
    value(outputs, targets, rows = rowsFor(targets)) {
      checkTargets(name, outputs, targets);
      const w = coefficients(outputs, rows);
      if (w !== null) return sum(mul(w, own.losses(outputs, targets)));
      const total = own.total?.(outputs, targets) ?? sum(own.losses(outputs, targets));
      return scale(total, weightOf(outputs.shape) / examplesOf(rows));
    },
    hessianProduct(outputs, targets, vector, rows = rowsFor(targets)) {
      const w = coefficients(outputs, rows);
      if (w !== null) return mul(mul(w, curvatureOf(outputs, targets)), vector);
      if (typeof curvature === "number") return scale(vector, (curvature * weightOf(outputs.shape)) / examplesOf(rows));
      return scale(mul(curvature(outputs, targets), vector), weightOf(outputs.shape) / examplesOf(rows));
    },
    labelColumns(source, outputs, targets, rng, rows = rowsFor(targets)) {
      own.checkSource?.(source);
      return columns(source, outputs, targets, rng, rows);
    },
    rowLosses(outputs, targets) {
      checkTargets(name, outputs, targets);
      const losses = scale(own.losses(outputs, targets), factor);
      if (outputs.rank === 1) return losses;
      return isMean ? mean(losses, -1) : sum(losses, -1);
    },
    predict,
  };
}
