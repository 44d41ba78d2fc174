/**
 * The common build of second-order optimizers: precondition → KL clip → weight decay → momentum, then the learning rate; with
 * the quadratic model in place of clip and momentum, and adaptive damping around all of it, where they are asked for.
 */

import { chain } from "./chain.ts";
import type { CurvatureMethod } from "./curvature-method.ts";
import { type Adaptive, isAdaptive } from "./driver/adaptive.ts";
import { adaptiveDamping } from "./driver/adaptive-damping.ts";
import { precondition } from "./driver/precondition.ts";
import { someExamples } from "./driver/some-examples.ts";
import { Optimizer } from "./optimizer.ts";
import { commonOptions, commonParts } from "./options/common-options.ts";
import { type ChosenOptions, type Option, option } from "./options/options.ts";
import type { Schedule } from "./schedules/schedule.ts";
import type { StateTree } from "./state/state.ts";
import { klClip } from "./transforms/kl-clip.ts";
import { momentum } from "./transforms/momentum.ts";
import { quadraticModel } from "./transforms/quadratic-model.ts";

const fixedDamping = option.schedule({ default: 0.03, help: "λ, added to the curvature" });

const dampingOption: Option<Schedule | Adaptive> = {
  ...fixedDamping,
  expected: `${fixedDamping.expected}, or adaptive damping`,
  accepts: (given) => fixedDamping.accepts(given) || isAdaptive(given),
};

/** Rows for an option table; only the default values differ from method to method. */
export const curvatureOptions = (defaults: {
  statisticsEvery: number | null;
  refreshEvery: number;
  examplesPerBatch?: number;
  nesterov?: boolean;
}) => ({
  ...commonOptions({ learningRate: 0.01 }),
  damping: dampingOption,
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
  examplesPerBatch: option.optional(
    option.integer({ default: 32, min: 1, help: "examples of a batch that statistics are made of; null: all" }),
    defaults.examplesPerBatch ?? null,
  ),
  stagger: option.flag({ default: false, help: "invert different layers on different steps" }),
  klClip: option.optional(
    option.number({ default: 1e-3, above: 0, help: "bound on the change of the model's outputs; null: none" }),
    1e-3,
  ),
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "β of the preconditioned directions; 0: none" }),
  nesterov: option.flag({ default: defaults.nesterov ?? false, help: "look ahead: direction u + β v" }),
  quadraticModel: option.flag({
    default: false,
    help: "rate and momentum from the quadratic model, in place of clip and momentum; the learning rate multiplies its step",
  }),
});

/** The common options of a second-order optimizer, checked and complete. */
export type CurvatureOptions = ChosenOptions<ReturnType<typeof curvatureOptions>>;

/** Settings that differ from method to method, besides options. */
export interface CurvatureSchedules {
  /** Steps between refinements, for methods that refine. */
  readonly refineEvery?: number;
}

const settled = 50; // steps: curvature is young, and without a clip of its own on each a run can diverge within the first 35

/**
 * Build an optimizer from its checked options and its curvature method. The KL clip's coefficient is computed on each of the
 * first 50 steps and then with each refresh.
 *
 * @param chosen  every option of the optimizer, for `config`
 */
export function secondOrder<S extends StateTree>(
  name: string,
  chosen: CurvatureOptions,
  method: CurvatureMethod<S>,
  { refineEvery }: CurvatureSchedules = {},
): Optimizer {
  const { damping, refreshEvery, klClip: limit, momentum: velocity, nesterov } = chosen;
  const lambda = isAdaptive(damping) ? damping.from : damping;
  const statisticsEvery = chosen.statisticsEvery ?? refreshEvery;
  const schedules = {
    damping: lambda,
    statisticsEvery,
    refreshEvery,
    stagger: chosen.stagger,
    ...(chosen.examplesPerBatch === null ? {} : { examples: someExamples(chosen.examplesPerBatch) }),
    ...(refineEvery === undefined ? {} : { refineEvery }),
  };
  const { decay, ...parts } = commonParts(chosen);
  const after = chosen.quadraticModel
    ? [...decay, quadraticModel({ damping: lambda })]
    : [
        ...(limit === null ? [] : [klClip(limit, { every: refreshEvery, first: settled })]),
        ...decay,
        ...(velocity === 0 ? [] : [momentum({ decay: velocity, nesterov })]),
      ];
  const links = chain(precondition(method, schedules), ...after);
  return new Optimizer({
    name,
    ...parts,
    chain: isAdaptive(damping)
      ? adaptiveDamping(links, { from: damping.from, every: damping.every, least: damping.least })
      : links,
  });
}
