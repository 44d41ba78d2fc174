/** SKFAC: K-FAC through systems of the batch's size, from columns that are averaged over batches. */

import { reductions } from "@kronograd/autograd";
import { curvatureOptions, secondOrder } from "../build-second-order.ts";
import { biasOf } from "../curvature/parts/skfac-method.ts";
import { paperSkfac, skfacCurvature, skfacCurvatureOptions } from "../curvature/skfac.ts";
import type { Optimizer } from "../optimizer.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";

const { refreshEvery: _, examplesPerBatch: __, ...methodOptions } = skfacCurvatureOptions;

/** The options of `skfac`. */
export const skfacOptions = {
  ...curvatureOptions({ statisticsEvery: null, refreshEvery: 20, examplesPerBatch: 64, nesterov: true }),
  ...methodOptions,
  paper: option.flag({
    default: false,
    help: "the authors' release: means of both, no π, the last batch's columns, biases plain, no KL clip",
  }),
};

/** Options of `skfac`. */
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
  const preset = options.paper === true ? { ...paperSkfac, klClip: null } : {};
  const given = { ...preset, ...options };
  // 64 examples and Nesterov were tuned with averaged columns; as published it has all examples and plain momentum
  const all = given.rank === null ? { examplesPerBatch: null, nesterov: false } : {};
  const apart = biasOf(given.reduction && reductions[given.reduction]);
  const chosen = checkOptions("skfac", { ...all, ...apart, ...given }, skfacOptions);
  const { labels, bias, pi, norms, embeddings, reduction, stride, start, rank, decay } = chosen;
  const { refreshEvery, examplesPerBatch } = chosen;
  const statistic = { labels, bias, pi, norms, embeddings, reduction, stride, start, rank, decay };
  return secondOrder("skfac", chosen, skfacCurvature({ ...statistic, refreshEvery, examplesPerBatch }));
}

skfac.summary = "K-FAC inverted through the few columns of a batch";
skfac.options = skfacOptions;
