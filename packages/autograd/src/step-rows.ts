/**
 * The rows of one step's loss, and how a layer's rows belong to them.
 *
 * Weights of examples follow from those of their rows, ω_n = mean of w over the rows of example n that are there, and
 * N = Σ ω: a mask of ones changes nothing, padding with rows of weight 0 neither, and weights that are all multiplied by one
 * number leave a mean loss and its curvature alone.
 *
 * A layer is matched by shape. Its rows are all axes of its input but the features:
 *
 * | the loss has rows | the layer has rows | then they are |
 * | --- | --- | --- |
 * | [N, …] | [N, …] | examples with positions |
 * | [N, S] | [N·S], or the reverse | the same rows in another shape |
 * | [N, …] | [N·k], a dense layer | k positions of each example |
 *
 * Anything else is an error: rows that were summed or shared between examples have no gradient of their own.
 */

import {
  abs,
  add,
  broadcastTo,
  cast,
  concat,
  div,
  full,
  greater,
  maximum,
  mean,
  mul,
  ones,
  type Rng,
  reshape,
  type Shape,
  ShapeError,
  sameShape,
  scale,
  sizeOf,
  slice,
  sum,
  type Tensor,
  UsageError,
  where,
} from "@kronograd/tensor";
import type { LayerCall } from "./capture.ts";
import type { LayerUse, RecordFields, RecordWeights } from "./layer-record.ts";
import type { StepRows } from "./loss.ts";
import { weightedRows } from "./weighted-rows.ts";

/**
 * Count the rows of a step.
 *
 * @param options.shape     [N, …] the axes of its rows
 * @param options.weights   w in that shape, or of fewer axes, which then hold for all rows under them
 * @param options.elements  weights of single elements, [N, …, C]: a row's weight is their mean
 * @throws {ShapeError} weights do not begin with the axes of the rows
 */
export function stepRows({
  shape,
  weights,
  elements,
}: {
  readonly shape: Shape;
  readonly weights?: Tensor | null | undefined;
  readonly elements?: Tensor | null | undefined;
}): StepRows {
  const ofRows = elements ? mean(elements, -1) : weights;
  if (!ofRows) return cut({ shape, weights: null, elements: null, total: sizeOf(shape), examples: shape[0] ?? 1 });
  const all = spread(ofRows, shape);
  const omega = exampleWeights(all);
  return cut({ shape, weights: all, elements: elements ?? null, total: sum(all), examples: sum(omega) }, omega);
}

type Counted = Pick<StepRows, "shape" | "weights" | "elements" | "total" | "examples">;

/** @param ofStep  ω of all examples of the step */
function cut(counted: Counted, ofStep: Tensor | null = null): StepRows {
  const { shape, weights, elements, total, examples } = counted;
  const rowsOf = (t: Tensor | null, start: number, end: number) => t && slice(t, [[start, end]]);
  return {
    ...counted,
    part: (start, end) =>
      cut(
        {
          shape: [end - start, ...shape.slice(1)],
          weights: rowsOf(weights, start, end),
          elements: rowsOf(elements, start, end),
          total,
          examples,
        },
        ofStep,
      ),
    lossScale: ({ reduction }) => (reduction === "mean" ? examples : 1),
    labelColumns({ loss, targets }, source, outputs, rng) {
      if (rng !== undefined || source === "exact") return loss.labelColumns(source, outputs, targets, rng as Rng, this);
      throw new UsageError({ where: "valueAndGrad", problem: `labels "${source}" are random`, help: "Pass rng." });
    },
    match(use, factor) {
      const { input, outputGrads } = match(use, shape);
      if (typeof factor === "number") return { input, outputGrads };
      return { input, outputGrads: outputGrads.map((grad) => mul(grad, cast(factor, grad.dtype))) };
    },
    weigh: (calls, uses) => weigh(calls, uses, counted, ofStep),
  };
}

/** Weights of fewer axes as weights of all rows. */
function spread(weights: Tensor, shape: Shape): Tensor {
  const { rank } = weights;
  if (rank === 0 || rank > shape.length || !sameShape(weights.shape, shape.slice(0, rank))) {
    throw new ShapeError({
      where: "loss",
      problem: "weights must begin with the axes of the targets' rows",
      expected: shape,
      got: weights.shape,
      help: "Give one weight for each example, [N], or for each row.",
    });
  }
  const all = weights.dtype === "int32" ? cast(weights, "float32") : weights;
  if (rank === shape.length) return all;
  return broadcastTo(reshape(all, [...weights.shape, ...shape.slice(rank).map(() => 1)]), shape);
}

/** Which rows are there, 1 or 0. */
const presence = (w: Tensor): Tensor => cast(greater(w, 0), w.dtype);

/** ω: the mean weight of an example's rows that are there, [N]. */
function exampleWeights(w: Tensor): Tensor {
  if (w.rank === 1) return w;
  const rows = reshape(w, [w.shape[0] as number, -1]);
  return div(sum(rows, 1), maximum(sum(presence(rows), 1), 1));
}

/** @see StepRows.match */
function match(use: Parameters<StepRows["match"]>[0], shape: Shape): LayerUse {
  const { name, input, outputGrads, geometry, view } = use;
  const isImage = geometry.kind !== "dense" || (input.rank === 4 && view?.of === "norms");
  const isIndices = view?.of === "embeddings";
  const rows = isIndices ? input.shape : input.shape.slice(0, -1);
  if (input.shape[0] === shape[0]) return { input, outputGrads };
  const axes = isImage ? null : axesFor(rows, shape, isIndices);
  if (axes === null) {
    throw new UsageError({
      where: name,
      problem: "its rows are not those of the loss, so that none of them belongs to a known example",
      expected: `[${shape.join(", ")}, …], as the loss has`,
      got: `[${input.shape.join(", ")}]`,
      help: "Let the layer's input, and the outputs that the loss reads, begin with the axis of examples; broadcast an input that all examples share.",
    });
  }
  return {
    input: reshape(input, [...axes, ...(isIndices ? [] : [lastOf(input)])]),
    outputGrads: outputGrads.map((grad) => reshape(grad, [...axes, lastOf(grad)])),
  };
}

/** Axes that put a layer's rows in the order of the loss's. */
function axesFor(rows: Shape, shape: Shape, isIndices: boolean): Shape | null {
  const [count, N] = [sizeOf(rows), shape[0] as number];
  if (rows.length > 0 && count === sizeOf(shape)) return shape;
  return rows.length === 1 && count > 0 && count % N === 0 && !isIndices ? [N, count / N] : null;
}

/** @see StepRows.weigh */
function weigh(
  calls: readonly LayerCall[],
  uses: readonly LayerUse[],
  { shape, weights, total, examples }: Counted,
  ofStep: Tensor | null,
): Partial<RecordFields> {
  const like = uses[0]?.outputGrads[0] ?? (uses[0] as LayerUse).input;
  const N = typeof examples === "number" ? examples : cast(examples, like.dtype);
  const masks = calls.map(({ rowWeights, view }) => (view?.of === "norms" ? undefined : rowWeights));
  const masked = masks.some((mask) => mask !== undefined);
  if (weights === null && !masked) return { total: N };
  const own = weights && cast(weights, like.dtype);
  const omega = own && exampleWeights(own);
  const axes = uses.map((use, k) => axesOf(use, calls[k] as LayerCall));
  // where every use has the rows of the loss, the loss says which positions are there
  const ofLoss = own !== null && own.rank > 1 && !masked && axes.every((own) => sameShape(own, shape));
  const record = (fields: Pick<RecordWeights, "positions" | "count">) => ({
    total: N,
    weights: { examples: omega, ofStep: ofStep && cast(ofStep, like.dtype), ofLoss, ...fields },
    read: weightedRows,
  });
  const perExample = shape[0] as number;
  if (ofLoss) {
    const pi = div(reshape(own, [perExample, -1]), reshape(positive(omega as Tensor), [perExample, 1]));
    const rows = div(asTensor(total, like), asTensor(examples, like));
    const positions = uses.map((use, k) => withReached(pi, use, calls[k] as LayerCall));
    const [all, ofThem] = [positions, uses.map(() => pi)].map((list) =>
      sum(concat([...list], 1), 1, { keepdims: true }),
    );
    const more = reshape(div(all as Tensor, positive(ofThem as Tensor)), [perExample, 1, 1]); // 1 where no row was added
    return record({ positions, count: scale(mul(more, rows), uses.length) });
  }
  if (!masked) return record({ positions: null, count: null });
  const positions = axes.map((rows, k) => {
    const mask = masks[k];
    if (mask === undefined) return ones([perExample, sizeOf(rows) / perExample], like);
    return positionsOf((calls[k] as LayerCall).name, mask, rows, like);
  });
  return record({ positions, count: null });
}

/**
 * π with 1 for positions that the loss has no row for, but whose output gradient is not 0: what mixes positions, as attention
 * does, makes the loss of one depend on others.
 */
function withReached(pi: Tensor, { outputGrads }: LayerUse, { geometry }: LayerCall): Tensor {
  const sizes = outputGrads.filter((grad) => grad.size / lastOf(grad) === pi.size).map(abs);
  if (geometry.kind !== "dense" || sizes.length === 0) return pi; // summed over positions already
  const reached = presence(sum(sizes.reduce(add), -1));
  return where(greater(pi, 0), pi, reshape(reached, pi.shape));
}

/** A layer's own mask as π [N, T]. */
function positionsOf(where: string, mask: Tensor, axes: Shape, { dtype }: Tensor): Tensor {
  const fits = mask.rank > 0 && mask.rank <= axes.length && sameShape(mask.shape, axes.slice(0, mask.rank));
  if (!fits && mask.size !== sizeOf(axes)) {
    throw new ShapeError({
      where,
      problem: "rowWeights must begin with the axes of the layer's rows",
      expected: axes,
      got: mask.shape,
    });
  }
  const given = cast(mask, dtype);
  return reshape(fits ? spread(given, axes) : given, [axes[0] as number, -1]);
}

/** Axes of a layer's rows; those of an image are its output positions, where output gradients have them. */
function axesOf({ input, outputGrads }: LayerUse, { geometry }: LayerCall): Shape {
  if (geometry.kind === "dense") return input.shape.slice(0, -1);
  return [input.shape[0] as number, ...(outputGrads[0]?.shape.slice(2) ?? [])];
}

const asTensor = (value: number | Tensor, like: Tensor): Tensor =>
  typeof value === "number" ? full([], value, like) : cast(value, like.dtype);

/** x, and 1 where x is 0. */
const positive = (x: Tensor): Tensor => where(greater(x, 0), x, 1);

const lastOf = ({ shape }: Tensor): number => shape[shape.length - 1] as number;
