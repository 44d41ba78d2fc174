/** EKFAC: descend along the gradient divided, in K-FAC's eigenbasis, by its measured second moments. */

import { curvatureOptions, secondOrder } from "../build-second-order.ts";
import { ekfacCurvature, ekfacCurvatureOptions } from "../curvature/ekfac.ts";
import type { Optimizer } from "../optimizer.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";

/** The options of `ekfac`. */
export const ekfacOptions = {
  ...curvatureOptions({ statisticsEvery: 1, refreshEvery: 20 }),
  ...ekfacCurvatureOptions,
  refineEvery: option.integer({ default: 1, min: 1, help: "steps from one look at the second moments to the next" }),
};

/** Options of `ekfac`. */
export type EkfacOptions = OptionsOf<typeof ekfacOptions>;

/**
 * Descend along the gradient preconditioned by EKFAC. The learning rate is meant to fall to 0 over the run.
 *
 * @source George et al. (2018), "Fast Approximate Natural Gradient Descent in a Kronecker-factored Eigenbasis"
 * @throws {UsageError} an option out of range
 */
export function ekfac(options: EkfacOptions = {}): Optimizer {
  const chosen = checkOptions("ekfac", options, ekfacOptions);
  const { labels, bias, norms, embeddings, start, decay, reduction, refineEvery } = chosen;
  const method = ekfacCurvature({ labels, bias, norms, embeddings, start, decay, reduction });
  return secondOrder("ekfac", chosen, method, { refineEvery });
}

ekfac.summary = "K-FAC's eigenbasis with the second moments measured in it";
ekfac.options = ekfacOptions;
