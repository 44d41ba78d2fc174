/**
 * One layer block on which a curvature method is tried: random inputs and output gradients, a record made of them, and the
 * method driven through update, refresh and refine to its direction.
 *
 * Symbols: N examples, u [in] an input, v [out] an output gradient; V [out, in(+1)] what is preconditioned.
 */

import {
  type Block,
  denseGradient,
  type Gradient,
  type LayerRecord,
  layerRecord,
  reductions,
} from "@kronograd/autograd";
import type { CurvatureContext, CurvatureMethod, StateTree } from "@kronograd/optimizers";
import {
  blockInfo,
  contextByHand,
  directionByHand,
  learnByHand,
  refineByHand,
  refreshByHand,
} from "@kronograd/optimizers";
import { matmul, normal, ones, Rng, scope, slice, type Tensor, transpose } from "@kronograd/tensor";

// biome-ignore lint/suspicious/noExplicitAny: the suite treats every method's state alike
export type AnyMethod = CurvatureMethod<any>;

const placement = { dtype: "float64" } as const;

/** A layer's size. */
export interface Size {
  readonly in: number;
  readonly out: number;
}

/** Rows u [N, in] and v [N, out]. */
export interface Rows {
  readonly inputs: Tensor;
  readonly outputGrads: Tensor;
}

/** Independent normal rows. */
export function randomRows(examples: number, size: Size, rng: Rng): Rows {
  return {
    inputs: normal(rng, [examples, size.in], placement),
    outputGrads: normal(rng, [examples, size.out], placement),
  };
}

/** A random V. */
export function randomBlock(method: AnyMethod, size: Size, rng: Rng): Tensor {
  return normal(rng, blockOf(method, size).shape, placement);
}

/** Whether a method's blocks have the bias as their last column. */
export function hasBias(method: AnyMethod): boolean {
  return (method.needs as { bias?: string }).bias !== "separate";
}

/** The block of a dense layer. */
export function blockOf(method: AnyMethod, size: Size): Block {
  const bias = hasBias(method);
  const [weight, column] = [[size.out, size.in], [size.out]];
  return {
    name: "layer",
    parameters: bias ? ["layer.weight", "layer.bias"] : ["layer.weight"],
    shapes: bias ? [weight, column] : [weight],
    shape: [size.out, size.in + (bias ? 1 : 0)],
    isLayer: true,
    hasBias: bias,
    groups: 1,
  };
}

/** The record of a dense layer that saw some rows. */
export function recordOf(method: AnyMethod, { inputs, outputGrads }: Rows): LayerRecord {
  const labels = method.needs.outputGrads;
  return layerRecord({
    name: "layer",
    geometry: { kind: "dense" },
    hasBias: hasBias(method),
    labels: labels ?? "empirical",
    uses: [{ input: inputs, outputGrads: labels === undefined ? [] : [outputGrads] }],
  });
}

/** What a method sees beside its state. */
export function contextOf(damping: number, step = 0): CurvatureContext {
  return contextByHand(damping, step, new Rng(1).fork(step));
}

/** A method's state after one batch: update, refresh, refine. */
export function stateAfter(
  method: AnyMethod,
  block: Block,
  record: LayerRecord,
  damping: number,
  before?: StateTree,
): StateTree {
  const context = contextOf(damping);
  const gradient = gradientOf(block, record);
  const start = before ?? method.init(blockInfo(block), context);
  const seen = scope(() => learnByHand(method, start, record, context, gradient));
  const fresh = scope(() => refreshByHand(method, seen, context));
  return scope(() => refineByHand(method, fresh, record, context, gradient));
}

/** The mean gradient of a record's examples under its first label column; without output gradients, that of ones. */
function gradientOf(block: Block, record: LayerRecord): Gradient {
  const u = record.rows("inputs", reductions.expand);
  const [use] = record.uses;
  const v = use?.outputGrads.length
    ? slice(record.rows("outputGrads", reductions.expand), [[0, u.shape[0]!]])
    : ones([u.shape[0]!, block.shape[0]!], u);
  return denseGradient(block, matmul(transpose(v), u));
}

/** The direction for a gradient, in joint form. */
export function directionOf(method: AnyMethod, state: StateTree, gradient: Gradient, damping: number): Tensor {
  return scope(() => {
    const direction = directionByHand(method, state, gradient, contextOf(damping));
    return "block" in direction ? direction.dense() : direction;
  });
}

/** The map V ↦ direction of a method that has seen one batch. */
export function preconditioner(method: AnyMethod, rows: Rows, damping: number): (V: Tensor) => Tensor {
  const size = { in: rows.inputs.shape[1]!, out: rows.outputGrads.shape[1]! };
  const block = blockOf(method, size);
  const state = stateAfter(method, block, recordOf(method, rows), damping);
  return (V) => directionOf(method, state, denseGradient(block, V), damping);
}
