/** SKFAC: K-FAC through systems of the batch's size, from columns that are averaged over batches. */

import { type ReductionName, reductions } from "@kronograd/autograd";
import { curvatureOptions, secondOrder } from "../build-second-order.ts";
import { columnHistory, columnHistoryOptions } from "../curvature/column-history.ts";
import { preconditionSameBatch } from "../curvature/parts/same-batch.ts";
import { paperSkfac, skfacCurvature, skfacCurvatureOptions } from "../curvature/skfac.ts";
import { skfacViews } from "../curvature/skfac-views.ts";
import type { Optimizer } from "../optimizer.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";

const { refreshEvery: _, ...methodOptions } = skfacCurvatureOptions;

/** The options of `skfac`. */
export const skfacOptions = {
  ...curvatureOptions({ statisticsEvery: null, refreshEvery: 20, examplesPerBatch: 64, nesterov: true }),
  ...methodOptions,
  ...columnHistoryOptions,
  rank: option.optional(
    option.integer({ default: 32, min: 1, help: `${columnHistoryOptions.rank.help}; null: the last batch's alone` }),
    32,
  ),
  reduction: option.choice<ReductionName>({
    choices: Object.keys(reductions) as ReductionName[],
    default: "reduce",
    help: methodOptions.reduction.help,
  }),
  paper: option.flag({
    default: false,
    help: "the authors' release: means of both, no π, the last batch's columns, biases plain, no KL clip",
  }),
};

/** What `skfac` can be given. */
export type SkfacOptions = OptionsOf<typeof skfacOptions>;

/**
 * Descend along the gradient preconditioned by SKFAC. The learning rate is meant to fall to 0 over the run.
 *
 * Averaged columns are made of 64 examples of each batch that is looked at, and the momentum is Nesterov's; with `rank: null`
 * they are of all examples, and it is plain. `paper: true` changes defaults only: an option that is given holds.
 *
 * @source Tang et al. (2021), "SKFAC: Training Neural Networks with Faster Kronecker-Factored Approximate Curvature"
 * @throws {UsageError} an option out of range, or a receptive-field reduction with the bias in the factor
 * @example
 * skfac({ learningRate: schedules.linear(0.01, 0, 2340) });
 */
export function skfac(options: SkfacOptions = {}): Optimizer {
  const preset =
    options.paper === true ? { ...paperSkfac(), rank: null, reduction: "mean" as const, klClip: null } : {};
  const given = { ...preset, ...options };
  // 64 examples and Nesterov were tuned with averaged columns; as published it has all examples and plain momentum
  const all = given.rank === null ? { examplesPerBatch: null, nesterov: false } : {};
  const chosen = checkOptions("skfac", { ...all, ...given }, skfacOptions);
  const reduction = reductions[chosen.reduction];
  const { labels, norms, embeddings, pi, start, stride, rank, decay, refreshEvery } = chosen;
  const bias = options.bias ?? (reduction.noBias === undefined ? chosen.bias : "separate");
  const method = skfacCurvature(
    { labels, bias, norms, embeddings, pi, reduction, stride, refreshEvery },
    rank === null ? { sameBatch: preconditionSameBatch } : { history: columnHistory({ rank, decay, start }) },
  );
  const views = skfacViews({ rank, refreshEvery, examplesPerBatch: chosen.examplesPerBatch });
  return secondOrder("skfac", { ...chosen, bias } as typeof chosen, { ...method, ...views });
}

skfac.summary = "K-FAC inverted through the few columns of a batch";
skfac.options = skfacOptions;
