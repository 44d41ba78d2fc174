/** The common build of second-order optimizers: precondition → KL clip → weight decay → momentum, then the learning rate. */

import { chain } from "./chain.ts";
import { commonOptions, commonParts } from "./common-options.ts";
import type { CurvatureMethod } from "./curvature.ts";
import { Optimizer } from "./optimizer.ts";
import { type ChosenOptions, option } from "./options.ts";
import { precondition } from "./precondition.ts";
import type { StateTree } from "./state.ts";
import { klClip } from "./transforms/kl-clip.ts";
import { momentum } from "./transforms/momentum.ts";

/** Rows for an option table; only the default values differ from method to method. */
export const curvatureOptions = (defaults: { statisticsEvery: number | null; refreshEvery: number }) => ({
  ...commonOptions({ learningRate: 0.01 }),
  damping: option.schedule({ default: 0.03, help: "λ, added to the curvature" }),
  statisticsEvery: option.optional(
    option.integer({
      default: 1,
      min: 1,
      help: "steps from one look at a batch's statistics to the next; null: as refreshEvery",
    }),
    defaults.statisticsEvery,
  ),
  refreshEvery: option.integer({
    default: defaults.refreshEvery,
    min: 1,
    help: "steps from one inversion to the next",
  }),
  klClip: option.optional(
    option.number({ default: 1e-3, above: 0, help: "bound on the change of the model's outputs; null: none" }),
    1e-3,
  ),
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "β of the preconditioned directions; 0: none" }),
  nesterov: option.flag({ default: false, help: "look ahead: direction u + β v" }),
});

/** The common options of a second-order optimizer, checked and complete. */
export type CurvatureOptions = ChosenOptions<ReturnType<typeof curvatureOptions>>;

/** What differs from method to method beside its options. */
export interface CurvatureSchedules {
  /** Steps between refinements, for methods that refine. */
  readonly refineEvery?: number;
  /** When the KL clip's coefficient is computed: default each step. */
  readonly clip?: { readonly every: number; readonly first: number };
}

/**
 * Build an optimizer from its checked options and its curvature method.
 *
 * @param chosen  every option of the optimizer, for `config`
 */
export function secondOrder<S extends StateTree>(
  name: string,
  chosen: CurvatureOptions,
  method: CurvatureMethod<S>,
  { refineEvery, clip }: CurvatureSchedules = {},
): Optimizer {
  const { damping, refreshEvery, klClip: limit, momentum: velocity, nesterov } = chosen;
  const statisticsEvery = chosen.statisticsEvery ?? refreshEvery;
  const schedules = { damping, statisticsEvery, refreshEvery, ...(refineEvery === undefined ? {} : { refineEvery }) };
  const { decay, ...parts } = commonParts(chosen);
  return new Optimizer({
    name,
    ...parts,
    chain: chain(
      precondition(method, schedules),
      ...(limit === null ? [] : [klClip(limit, clip)]),
      ...decay,
      ...(velocity === 0 ? [] : [momentum({ decay: velocity, nesterov })]),
    ),
  });
}
