/**
 * SKFAC put together from its parts, of which a program holds only those that it passes: the method of skfac.ts, where its
 * mathematics stands.
 */

import { type Reduction, reduce } from "@kronograd/autograd";
import {
  momentSize,
  momentTrace,
  oneSidedDamping,
  type Scalar,
  type SecondMoment,
  secondMoment,
  splitDamping,
  type Woodbury,
  woodbury,
} from "@kronograd/linalg";
import type { Tensor } from "@kronograd/tensor";
import { type CurvatureMethod, defineCurvature } from "../../curvature-method.ts";
import type { ChosenOptions } from "../../options/options.ts";
import type { ColumnHistory } from "./column-history.ts";
import type { factorOptions } from "./factor-options.ts";
import { preconditionBoth } from "./precondition-both.ts";
import type { preconditionSameBatch } from "./same-batch.ts";
import { chooseForms } from "./skfac-plan.ts";

/** The method with every choice made. */
export type SkfacSettings = Pick<
  ChosenOptions<typeof factorOptions>,
  "labels" | "bias" | "pi" | "norms" | "embeddings"
> & {
  /** How positions that share the weight make a column. */
  readonly reduction: Reduction;
  /** Of reductions that subsample: keep every k-th row and column of positions. */
  readonly stride: number;
  /** Steps between refreshes, for the choice of the cheaper form. */
  readonly refreshEvery: number;
};

/** The parts of the method that a program may leave out; a bundler then drops their code. */
export interface SkfacParts {
  /** `columnHistory`: a running average over batches; without it columns are the last batch's alone. */
  readonly history?: ColumnHistory;
  /**
   * `preconditionSameBatch`, the shorter way for gradients of the batch that the columns are of, where there is no history;
   * without it they go the way of all others.
   */
  readonly sameBatch?: typeof preconditionSameBatch;
}

/** Rows of a batch, Xᵀ [n, in(+1)] and Yᵀ [n, out], and whether positions share the weight. */
export type SkfacRows = { readonly A: Tensor; readonly G: Tensor; readonly shared: boolean };

/** Both sides' moments, and their inverses as of the last refresh. */
export type SkfacState = {
  /** Whether the block is a norm's scale and shift: G alone, A being 1. */
  readonly isVector: boolean;
  readonly batches: number;
  readonly A: SecondMoment | null;
  readonly G: SecondMoment | null;
  readonly pi: Scalar;
  readonly inverses: { readonly A: Woodbury; readonly G: Woodbury } | null;
  /** Whether `inverses` are of the last statistics. */
  readonly current: boolean;
};

const plain: SkfacSettings = {
  labels: "empirical",
  bias: "joint",
  pi: true,
  norms: false,
  embeddings: false,
  reduction: reduce,
  stride: 2,
  refreshEvery: 1,
};

/**
 * SKFAC from its parts: the columns of the last batch alone, or with a `columnHistory` a running average of them. Types check
 * the settings; `skfacCurvature` checks values too.
 *
 * @throws {UsageError} a receptive-field reduction with the bias in the factor
 * @example
 * preconditionPlainly(leanSkfac({ refreshEvery: 20 }), { every: 20 });
 */
export function leanSkfac(
  settings: Partial<SkfacSettings> = {},
  parts: SkfacParts = {},
): CurvatureMethod<SkfacState, SkfacRows> {
  return skfacMethod({ ...plain, ...settings }, parts);
}

/** The default of `bias` where a reduction leaves no choice. */
export const biasOf = (reduction: Reduction | undefined): { readonly bias?: "separate" } =>
  reduction?.noBias === undefined ? {} : { bias: "separate" };

/** The method for settings that were checked. */
export function skfacMethod(
  { labels, bias, norms, embeddings, pi: balanced, reduction, stride, refreshEvery }: SkfacSettings,
  { history, sameBatch }: SkfacParts,
): CurvatureMethod<SkfacState, SkfacRows> {
  if (bias === "joint" && reduction.noBias) throw reduction.noBias("skfac");
  return defineCurvature<SkfacState, SkfacRows>({
    name: "skfac",
    source: "Tang et al. (2021)",
    needs: {
      inputs: true,
      outputGrads: labels,
      summed: reduction.summed,
      gradient: "factored",
      bias,
      norms,
      embeddings,
    },
    claims: [], // skfacCurvature makes them

    init: ({ isVector = false }) => ({
      isVector,
      batches: 0,
      A: null,
      G: null,
      pi: 1,
      inverses: null,
      current: false,
    }),

    statistics: {
      observe: (record) => ({
        A: record.rows("inputs", reduction, { stride }),
        G: record.rows("outputGrads", reduction, { stride }),
        shared: record.positions > 1 || record.geometry.kind !== "dense",
      }),
      merge: { A: "rows", G: "rows", shared: "same" },
      join(state, { batch, examples }) {
        const rows = batch as SkfacRows;
        const batches = state.batches + 1;
        const forms = chooseForms(rows, examples, { rank: null, ...history, refreshEvery });
        const moved = (side: "A" | "G"): SecondMoment => {
          const now = secondMoment(rows[side], state[side]?.form ?? forms[side]);
          return history === undefined ? now : history.join(state[side], now, batches);
        };
        return { ...state, batches, A: moved("A"), G: moved("G"), current: false };
      },
    },

    refresh(state, { damping }) {
      const { A, G } = state as { A: SecondMoment; G: SecondMoment };
      const [traceA, traceG] = [momentTrace(A), momentTrace(G)];
      const traces = { traceA, dimA: momentSize(A), traceG, dimG: momentSize(G) };
      const share = state.isVector ? oneSidedDamping(damping) : splitDamping(damping, traces, balanced);
      const inverses = {
        A: woodbury(A, share.A, "skfac, input side", traceA),
        G: woodbury(G, share.G, "skfac, output side", traceG),
      };
      return { ...state, pi: share.pi, inverses, current: true };
    },

    precondition({ inverses, current }, gradient, { sameRows }) {
      if (inverses === null) return gradient;
      const isSameBatch = current && history === undefined && sameRows;
      if (sameBatch !== undefined && isSameBatch) return sameBatch(gradient.block, gradient, inverses.G, inverses.A);
      return preconditionBoth(gradient, inverses.G, inverses.A);
    },
  });
}
