/**
 * SKFAC: K-FAC that solves systems of the batch's size where those are smaller than the layer.
 *
 * The factors A = X Xᵀ and G = Y Yᵀ of a batch have few columns, so their damped inverses need no d × d matrix:
 *     (X Xᵀ + μI)⁻¹ = I/μ − X (XᵀX + μI)⁻¹ Xᵀ / μ.
 * Each side of a layer keeps either columns (dual) or its matrix (primal), whichever costs fewer flops; both are exact. They
 * are those of the last batch alone, and then a gradient of that same batch can be preconditioned without being formed
 * (push-through); or, with a `columnHistory`, a running average, truncated through the columns' Gram matrix past its rank.
 *
 * Of shared weights the columns are reduced over positions first; the scale of each choice against the exact block:
 *
 * | reduction | columns of X, Y over the positions t of an example | scale |
 * | --- | --- | --- |
 * | reduce | mean a, sum g | exact for a linear layer followed by pooling |
 * | mean | mean a, mean g (the authors' release) | S² too small |
 * | sum | sum a, sum g (the paper's Reduce Sum) | S² too large |
 * | subsample | every `stride`-th row and column of positions | estimates expand |
 * | subsampleMean | means over those positions | as mean |
 * | receptiveField | as expand, a averaged over the kernel's taps; A acts on the channels of each tap | as expand |
 * | receptiveFieldMean | the same, averaged over positions | as mean |
 * | expand | every position a column: K-FAC's convolution factors | exact where positions do not interact |
 *
 * a [in(+1)], g [out] at one position · X [in(+1), columns], Y [out, columns] · μ = π√λ for A, √λ/π for G
 */

import { type Reduction, reduce, reductions } from "@kronograd/autograd";
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
import { type CurvatureMethod, defineCurvature } from "../curvature-method.ts";
import * as option from "../options/option-kinds.ts";
import { checkOptions, described, type OptionsOf } from "../options/options.ts";
import type { ColumnHistory } from "./column-history.ts";
import { factorChecks, factorHelp } from "./parts/factor-options.ts";
import { preconditionBoth } from "./parts/precondition-both.ts";
import type { preconditionSameBatch } from "./parts/same-batch.ts";
import { chooseForms } from "./parts/skfac-plan.ts";

const checks = {
  ...factorChecks,
  reduction: option.value<Reduction>(
    { default: reduce },
    "a reduction: reduce, expand or another of `reductions`",
    ({ inputs }) => typeof inputs === "function",
  ),
  stride: option.integer({ default: 2, min: 1 }),
  refreshEvery: option.integer({ default: 1, min: 1 }),
};

/** The options of `skfacCurvature`. */
export const skfacCurvatureOptions = /* @__PURE__ */ described(checks, factorHelp, {
  reduction: "how positions that share the weight make a column",
  stride: "of subsample: every how-manyth row and column of positions",
  refreshEvery: "steps between refreshes, for the choice of the cheaper form",
});

/** What the authors released, beside the last batch alone: means of both, no π, √λ on each side, biases left plain. */
export const paperSkfac = () => ({ reduction: reductions.mean, pi: false, bias: "separate" }) as const;

/** What a program adds to the method if it uses it. */
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

/**
 * Approximate a layer's curvature by one Kronecker product, inverted through its columns.
 *
 * @source Tang et al. (2021), "SKFAC: Training Neural Networks with Faster Kronecker-Factored Approximate Curvature", §3
 * @cost for c columns on a side of size d: update none, or that of the history; refresh c² d + 2⅓ c³; precondition 4 c d a vector; push-through 2 B² min(in, out) + 2 B³
 * @see skfacViews, which adds what a plan and a report show of it
 * @throws {UsageError} an option out of range, or a receptive-field reduction with the bias in the factor
 */
export function skfacCurvature(
  options: OptionsOf<typeof skfacCurvatureOptions> = {},
  { history, sameBatch }: SkfacParts = {},
): CurvatureMethod<SkfacState, SkfacRows> {
  const apart = options.reduction?.noBias === undefined ? {} : { bias: "separate" as const };
  const chosen = checkOptions("skfac", { ...apart, ...options }, checks);
  const { labels, bias, norms, embeddings, pi: balanced, reduction, stride, refreshEvery } = chosen;
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
    claims: [
      "spd",
      "linear",
      "dampingLimit",
      "basisInvariant",
      "batchInvariant",
      // a cap cuts what is past it; other reductions weigh positions as no exact block does
      ...(history === undefined && ["expand", "reduce"].includes(reduction.name) ? ["equalsDenseBlock" as const] : []),
      ...(balanced ? ["lossScale" as const] : []), // √λ on G alone does not follow the loss's scale
    ],

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
