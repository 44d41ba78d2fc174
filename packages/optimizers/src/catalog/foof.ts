/** FOOF: descend along ∇W (A + λI)⁻¹, the inputs' second moment alone, with a KL clip and momentum. */

import { curvatureOptions, secondOrder } from "../build-second-order.ts";
import { foofCurvature, foofCurvatureOptions } from "../curvature/foof.ts";
import type { Optimizer } from "../optimizer.ts";
import { checkOptions, type OptionsOf } from "../options/options.ts";

/** The options of `foof`. */
export const foofOptions = {
  ...curvatureOptions({ statisticsEvery: 1, refreshEvery: 10 }),
  ...foofCurvatureOptions,
};

/** Options of `foof`. */
export type FoofOptions = OptionsOf<typeof foofOptions>;

/**
 * Descend along the gradient preconditioned by the layers' inputs.
 *
 * @source Benzing (2022); the clip: Ba, Grosse & Martens (2017)
 * @throws {UsageError} an option out of range
 */
export function foof(options: FoofOptions = {}): Optimizer {
  const chosen = checkOptions("foof", options, foofOptions);
  const { bias, start, decay, reduction } = chosen;
  return secondOrder("foof", chosen, foofCurvature({ bias, start, decay, reduction }));
}

foof.summary = "curvature of each layer from its inputs alone";
foof.options = foofOptions;
