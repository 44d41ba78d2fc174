/** K-FAC: descend along (G + √λ/π I)⁻¹ ∇W (A + π√λ I)⁻¹, with a KL clip and momentum. */

import { curvatureOptions, secondOrder } from "../build-second-order.ts";
import { kfacCurvature, kfacCurvatureOptions } from "../curvature/kfac.ts";
import type { Optimizer } from "../optimizer.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";

/** The options of `kfac`. */
export const kfacOptions = {
  ...curvatureOptions({ statisticsEvery: 1, refreshEvery: 10 }),
  ...kfacCurvatureOptions,
};

/** Options of `kfac`. */
export type KfacOptions = OptionsOf<typeof kfacOptions>;

/**
 * Descend along the gradient preconditioned by K-FAC. The learning rate is meant to fall to 0 over the run.
 *
 * @source Martens & Grosse (2015); the clip: Ba, Grosse & Martens (2017)
 * @throws {UsageError} an option out of range
 * @example
 * kfac({ learningRate: schedules.linear(0.01, 0, 2340), damping: 0.03 });
 */
export function kfac(options: KfacOptions = {}): Optimizer {
  const chosen = checkOptions("kfac", options, kfacOptions);
  const { labels, bias, norms, embeddings, pi, start, decay, reduction, inverse } = chosen;
  const method = kfacCurvature({ labels, bias, norms, embeddings, pi, start, decay, reduction, inverse });
  return secondOrder("kfac", chosen, method);
}

kfac.summary = "curvature of each layer as a Kronecker product of running averages";
kfac.options = kfacOptions;
