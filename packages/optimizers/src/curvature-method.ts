/**
 * The contract of a curvature method: one file, a few functions over a plain state.
 *
 * On each step, in this order and each where it is due:
 *
 *     observe → merge → join       statistics    of the parts of a batch, merged, blended into the state
 *     refresh                                    the slow algebra
 *     observe → merge → join       refinement    a correction between refreshes
 *     precondition                               a direction for the gradient, every step
 *
 * `observe` sees examples and never the gradient, which exists only when all parts are in; `join` sees the merged statistic
 * and the gradient of the whole step. So micro-batches, several workers and one whole batch are one code path. A method that
 * needs gradients alone has a `join` without an `observe`; one that needs neither has no statistics.
 *
 * A method of scope "block" has a state and a direction for each block, one of scope "model" has one of all. The driver
 * (driver/precondition.ts) opens a scope around each call and keeps only the returned state, so methods never free anything.
 */

import type { LabelSource, LayerRecord, Parameters } from "@kronograd/autograd";
import type { Rng, Tensor } from "@kronograd/tensor";
import type { BlockInfo, BlockPlan, CurvatureView } from "./block-info.ts";
import type { Direction } from "./direction.ts";
import type { Merge } from "./driver/merge.ts";
import type { OracleName, Oracles } from "./oracles.ts";
import type { StateTree } from "./state/state.ts";
import type { Updates } from "./transform.ts";

/** A promise that the public suite must prove; the suite states each in words. */
export type Claim =
  | "spd"
  | "linear"
  | "dampingLimit"
  | "basisInvariant"
  | "equalsDenseBlock"
  | "batchInvariant"
  | "lossScale";

/** Context of every call of a method. */
export interface CurvatureContext {
  readonly step: number;
  /** λ, added to the curvature of the block. */
  readonly damping: number;
  readonly rng: Rng;
  readonly oracles: Oracles;
  /** The gradients that entered the chain; `gradient` is what the link before this one made of them. */
  readonly gradients: Updates;
  /** Every weight by name. */
  readonly parameters: Parameters;
  /**
   * In `precondition`: whether the factors of its gradient are the rows that this step's statistics observed, in their order.
   * A method may then push the factors through instead of forming their product.
   */
  readonly sameRows: boolean;
  /** Report a number of this step to the event stream. */
  report(name: string, value: number | Tensor): void;
}

/** The types that differ between methods by block and methods of the whole model. */
export interface Scoped<B extends StateTree = StateTree> {
  block: { info: BlockInfo; gradient: Direction; batch: B; direction: Tensor | Direction };
  model: {
    info: readonly BlockInfo[];
    gradient: Updates;
    /** By block name, for the blocks that have a record. */
    batch: { readonly [block: string]: B };
    direction: Updates;
  };
}

/** A step as `join` sees it. */
export interface Seen<B extends StateTree, K extends keyof Scoped> {
  /** The merged statistic; absent in a method without `observe`. */
  readonly batch?: Scoped<B>[K]["batch"];
  readonly gradient: Scoped[K]["gradient"];
  /** The gradient under other labels, where `needs.labelGradient` asks for it. */
  readonly labelGradient?: Scoped[K]["gradient"];
  /** Examples of the step that the statistic is of; of the whole step, where there is no `observe`. */
  readonly examples: number;
}

/** A statistic that a method learns from batches. */
export interface Statistic<S extends StateTree, B extends StateTree, K extends keyof Scoped = "block"> {
  /**
   * The statistic of one part of the batch: a plain tree, nothing blended.
   *
   * @param state  the state of the block (of the model), only where `readsState`
   */
  observe?(record: LayerRecord, context: CurvatureContext, state: S): B;
  /** Whether `observe` reads the state, so that every worker must keep it. */
  readonly readsState?: true;
  readonly merge?: Merge<B>;
  /** The state with the step's statistic blended in; called once a step. */
  join(state: S, seen: Seen<B, K>, context: CurvatureContext): S;
}

/** Requests of a method for the steps that it looks at. */
export interface CurvatureNeeds {
  readonly inputs?: boolean;
  readonly outputGrads?: LabelSource;
  /** Whether sums of output gradients over an example's positions are all it reads of them. */
  readonly summed?: boolean | undefined;
  readonly gradient?: "dense" | "factored";
  /** The gradient of every parameter under labels drawn from the model. */
  readonly labelGradient?: "sampled" | "randomSign";
  /** "separate": blocks are weights alone, and biases keep their plain gradient. Default "joint": [W | b]. */
  readonly bias?: "joint" | "separate";
  /** Whether norms' scales and shifts, and embeddings, have records; default: they have none. */
  readonly norms?: boolean;
  readonly embeddings?: boolean;
  readonly oracles?: readonly OracleName[];
  /** Whether it reads values inside a step: then devices that must be waited for are refused before the run starts. */
  readonly numbers?: boolean;
}

/** A curvature method: its name, needs and claims, and its functions over a plain state. */
export interface CurvatureMethod<
  S extends StateTree = StateTree,
  B extends StateTree = StateTree,
  R extends StateTree = StateTree,
  K extends keyof Scoped = "block",
> {
  readonly name: string;
  /** Paper and equation. */
  readonly source: string;
  /** Default "block". */
  readonly scope?: K;
  /** Whether a block is the method's; others keep the gradient that came in. Default: blocks with a LayerRecord. */
  readonly takes?: (block: BlockInfo) => boolean;
  readonly needs: CurvatureNeeds;
  readonly claims: readonly Claim[];
  /**
   * How its preconditioner scales with the loss, for the claim "lossScale": with gradients times s and λ times s^−degree it is
   * multiplied by s^degree. −2 (default) for a curvature matrix, −1 for its square root, 0 for directions that ignore the scale.
   */
  readonly degree?: -2 | -1 | 0;
  /** The direction is the step: the rate is 1, and the method ends its chain. */
  readonly ownStep?: true;
  init(block: Scoped[K]["info"], context: CurvatureContext): S;
  /** Every `statisticsEvery` steps. */
  readonly statistics?: Statistic<S, B, K>;
  /** Every `refineEvery` steps, after a refresh. */
  readonly refinement?: Statistic<S, R, K>;
  /** The slow part, every `refreshEvery` steps. A method without it is always fresh. */
  refresh?(state: S, context: CurvatureContext): S;
  /** The direction for a gradient, [out, in(+1)] or in the gradient's own form; with a new state where it keeps one. */
  precondition(
    state: S,
    gradient: Scoped[K]["gradient"],
    context: CurvatureContext,
  ): Scoped[K]["direction"] | { readonly direction: Scoped[K]["direction"]; readonly state: S };
  inspect?(state: S): CurvatureView;
  /** The form chosen for a block, its cost in flops a step, bytes kept. */
  plan?(block: BlockInfo, batch: number): BlockPlan;
}

/** Give a method its type; the identity function. */
export function defineCurvature<
  S extends StateTree,
  B extends StateTree = StateTree,
  R extends StateTree = StateTree,
  K extends keyof Scoped = "block",
>(method: CurvatureMethod<S, B, R, K>): CurvatureMethod<S, B, R, K> {
  return method;
}
