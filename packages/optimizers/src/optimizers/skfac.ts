/** SKFAC: K-FAC through systems of the batch's size, from columns that are averaged over batches. */

import { paperSkfac, skfacCurvature, skfacCurvatureOptions } from "../curvature/skfac.ts";
import { skfacViews } from "../curvature/skfac-views.ts";
import type { Optimizer } from "../optimizer.ts";
import { checkOptions, type OptionsOf, option } from "../options.ts";
import { curvatureOptions, secondOrder } from "../second-order.ts";

const { refreshEvery: _, ...methodOptions } = skfacCurvatureOptions;

/** The options of `skfac`. */
export const skfacOptions = {
  ...curvatureOptions({ statisticsEvery: null, refreshEvery: 20, examplesPerBatch: 32 }),
  ...methodOptions,
  paper: option.flag({
    default: false,
    help: "the authors' release: means of both, no π, the last batch's columns, biases plain, no KL clip",
  }),
};

/** What `skfac` can be given. */
export type SkfacOptions = OptionsOf<typeof skfacOptions>;

const settled = 50; // steps: without a clip of its own on each, the averaged form can diverge within the first 35

/**
 * Descend along the gradient preconditioned by SKFAC. The learning rate is meant to fall to 0 over the run.
 *
 * Averaged columns are made of 32 examples of each batch that is looked at, which costs half a per cent of accuracy at most
 * and a quarter of the time of all; with `rank: null` they are those of all examples. The KL clip's coefficient is computed on each of the first 50 steps and then with each refresh. `paper: true` changes
 * defaults only: an option that is given holds.
 *
 * @source Tang et al. (2021), "SKFAC: Training Neural Networks with Faster Kronecker-Factored Approximate Curvature"
 * @throws {UsageError} an option out of range, or a receptive-field reduction with the bias in the factor
 * @example
 * skfac({ learningRate: schedules.linear(0.01, 0, 2340) });
 */
export function skfac(options: SkfacOptions = {}): Optimizer {
  const preset = options.paper === true ? { ...paperSkfac, klClip: null } : {};
  const given = { ...preset, ...options };
  const all = given.rank === null ? { examplesPerBatch: null } : {}; // the last batch's own columns are all of its own
  const chosen = checkOptions("skfac", { ...all, ...given }, skfacOptions);
  const { labels, pi, start, reduction, stride, rank, decay, refreshEvery } = chosen;
  const bias = options.bias ?? (reduction.startsWith("receptiveField") ? "separate" : chosen.bias);
  const method = skfacCurvature({ labels, bias, pi, start, reduction, stride, rank, decay, refreshEvery });
  const views = skfacViews({ rank, refreshEvery });
  return secondOrder(
    "skfac",
    { ...chosen, bias } as typeof chosen,
    { ...method, ...views },
    {
      clip: { every: refreshEvery, first: settled },
    },
  );
}

skfac.summary = "K-FAC inverted through the few columns of a batch";
skfac.options = skfacOptions;
