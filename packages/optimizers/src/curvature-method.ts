/**
 * The contract of a curvature method: one file, a few functions over a plain state.
 *
 * On each step, in this order and where `step mod every` is 0: `update` takes in statistics, `refresh` does the slow
 * algebra, `refine` corrects it, and `precondition` (every step) turns a gradient into a direction. The driver
 * (`precondition.ts`) opens a scope around each call and keeps only the returned state, so methods never free anything.
 */

import type { Block, Gradient, LabelSource, LayerRecord } from "@kronograd/autograd";
import type { Rng, Tensor } from "@kronograd/tensor";
import type { StateTree } from "./state/state.ts";
import type { Oracles } from "./transform.ts";

/** What a method promises and the public suite must prove; see testkit's curvature suite for each statement. */
export type Claim =
  | "spd"
  | "linear"
  | "dampingLimit"
  | "basisInvariant"
  | "equalsDenseBlock"
  | "batchInvariant"
  | "lossScaleInvariant";

/** What a method sees beside its state. */
export interface CurvatureContext {
  readonly step: number;
  /** λ, added to the curvature of the block. */
  readonly damping: number;
  readonly rng: Rng;
  readonly oracles: Oracles;
}

/** What can be inspected of a block: matrices and spectra by name. */
export interface CurvatureView {
  readonly matrices?: Readonly<Record<string, Tensor>>;
  readonly spectra?: Readonly<Record<string, Tensor>>;
}

/** A curvature method: what it is called, what it needs and promises, and its functions over a plain state. */
export interface CurvatureMethod<S extends StateTree = StateTree> {
  readonly name: string;
  /** Paper and equation. */
  readonly source: string;
  readonly scope: "layer" | "model";
  readonly needs: {
    readonly inputs?: boolean;
    readonly outputGrads?: LabelSource;
    /** Whether sums of output gradients over an example's positions are all it reads of them. */
    readonly summed?: boolean | undefined;
    readonly gradient?: "dense" | "factored";
    /** "separate": blocks are weights alone, and biases keep their plain gradient. Default "joint": [W | b]. */
    readonly bias?: "joint" | "separate";
    /** Whether norms' scales and shifts, and embeddings, are blocks too; default: they keep their plain gradient. */
    readonly norms?: boolean;
    readonly embeddings?: boolean;
    readonly oracles?: readonly (keyof Oracles)[];
  };
  readonly claims: readonly Claim[];
  init(block: Block, context: CurvatureContext): S;
  /** Take in the statistics of a batch; every `statisticsEvery` steps. */
  update(state: S, seen: LayerRecord, context: CurvatureContext): S;
  /** The slow part; every `refreshEvery` steps. */
  refresh(state: S, context: CurvatureContext): S;
  /** A correction between refreshes; every `refineEvery` steps. */
  refine?(state: S, seen: LayerRecord, context: CurvatureContext): S;
  /** Direction for a gradient: [out, in(+1)], or the gradient's own form. */
  precondition(state: S, gradient: Gradient, context: CurvatureContext): Tensor | Gradient;
  inspect?(state: S): CurvatureView;
  /** One row of the printed plan: the form chosen, its cost in flops a step, bytes kept. */
  plan?(block: Block, batch: number): BlockPlan;
}

/** What will be done to a block, before the first step. */
export interface BlockPlan {
  /** "A dual 32 · G primal 10" */
  readonly form: string;
  /** Of curvature, a step on average. */
  readonly flops: number;
  /** Of statistics and inverses. */
  readonly bytes: number;
  readonly precision: string;
}

/** Give a method its type; the identity function. */
export function defineCurvature<S extends StateTree>(method: CurvatureMethod<S>): CurvatureMethod<S> {
  return method;
}
