/**
 * SKFAC: K-FAC that solves systems of the batch's size where those are smaller than the layer.
 *
 * The factors A = X Xᵀ and G = Y Yᵀ of a batch have few columns, so their damped inverses need no d × d matrix:
 *     (X Xᵀ + μI)⁻¹ = I/μ − X (XᵀX + μI)⁻¹ Xᵀ / μ.
 * Each side of a layer keeps either columns (dual) or its matrix (primal), whichever costs fewer flops; both are exact. They
 * are those of the last batch alone (rank: null), and then a gradient of that same batch can be preconditioned without being
 * formed (push-through); or, with a rank, a running average over batches, truncated through the columns' Gram matrix past its rank.
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

import { type ReductionName, reductions } from "@kronograd/autograd";
import type { Claim, CurvatureMethod } from "../curvature-method.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { columnHistory } from "./parts/column-history.ts";
import { factorOptions } from "./parts/factor-options.ts";
import { preconditionSameBatch } from "./parts/same-batch.ts";
import { biasOf, type SkfacRows, type SkfacState, skfacMethod } from "./parts/skfac-method.ts";
import { skfacViews } from "./parts/skfac-views.ts";

export type { SkfacRows, SkfacState } from "./parts/skfac-method.ts";

/** The options of `skfacCurvature`. */
export const skfacCurvatureOptions = {
  ...factorOptions,
  reduction: option.choice<ReductionName>({
    choices: Object.keys(reductions) as ReductionName[],
    default: "reduce",
    help: "how positions that share the weight make a column",
  }),
  stride: option.integer({
    default: 2,
    min: 1,
    help: "of subsample: keep every k-th row and column of positions",
  }),
  rank: option.optional(
    option.integer({
      default: 32,
      min: 1,
      help: "columns kept in the running average; null: the last batch's alone",
    }),
    32,
  ),
  decay: option.number({ default: 0.9, min: 0, below: 1, help: "ρ of the running average of columns" }),
  refreshEvery: option.integer({
    default: 1,
    min: 1,
    help: "steps between refreshes, for the choice of the cheaper form",
  }),
  examplesPerBatch: option.optional(
    option.integer({ default: 32, min: 1, help: "examples that statistics are made of, for the plan; null: all" }),
    null,
  ),
};

/** The authors' released settings: means of both, the last batch alone, no π, √λ on each side, biases left plain. */
export const paperSkfac = { reduction: "mean", rank: null, pi: false, bias: "separate" } as const;

/**
 * Approximate a layer's curvature by one Kronecker product, inverted through its columns.
 *
 * @source Tang et al. (2021), "SKFAC: Training Neural Networks with Faster Kronecker-Factored Approximate Curvature", §3;
 *   the running average: Le Roux, Manzagol & Bengio (2007), "Topmoumoute online natural gradient algorithm", §3.2
 * @cost for c columns on a side of size d: statistics none until the rank is reached, then a truncation each time
 *   (column-moment.ts); refresh c² d + 2⅓ c³; precondition 4 c d a vector; push-through 2 B² min(in, out) + 2 B³
 * @throws {UsageError} an option out of range, or a receptive-field reduction with the bias in the factor
 * @example
 * precondition(skfacCurvature({ rank: 32, refreshEvery: 20 }), { refreshEvery: 20, examples: someExamples(64) });
 */
export function skfacCurvature(
  options: OptionsOf<typeof skfacCurvatureOptions> = {},
): CurvatureMethod<SkfacState, SkfacRows> {
  const given = { ...biasOf(options.reduction && reductions[options.reduction]), ...options };
  const chosen = checkOptions("skfac", given, skfacCurvatureOptions);
  const { start, rank, decay, refreshEvery, examplesPerBatch } = chosen;
  const method = skfacMethod(
    { ...chosen, reduction: reductions[chosen.reduction] },
    rank === null ? { sameBatch: preconditionSameBatch } : { history: columnHistory({ start, rank, decay }) },
  );
  const claims: Claim[] = [
    "spd",
    "linear",
    "dampingLimit",
    "basisInvariant",
    "batchInvariant",
    // a cap cuts what is past it; other reductions weigh positions as no exact block does
    ...(rank === null && ["expand", "reduce"].includes(chosen.reduction) ? ["equalsDenseBlock" as const] : []),
    ...(chosen.pi ? ["lossScale" as const] : []), // √λ on G alone does not follow the loss's scale
  ];
  return { ...method, claims, ...skfacViews({ rank, refreshEvery, examplesPerBatch }) };
}
