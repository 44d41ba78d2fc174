/** The options that every optimizer has, and what they become. */

import { groupOf } from "../driver/groups.ts";
import { describeSchedule, type Schedule } from "../schedules/schedule.ts";
import type { Transform } from "../transform.ts";
import { weightDecay } from "../transforms/weight-decay.ts";
import { type ChosenOptions, option } from "./options.ts";

/** Rows for an option table; only the default values differ from optimizer to optimizer. */
export const commonOptions = (defaults: { learningRate: number; weightDecay?: number }) => ({
  learningRate: option.schedule({ default: defaults.learningRate, help: "η, size of a step" }),
  weightDecay: option.number({ default: defaults.weightDecay ?? 0, min: 0, help: "pull of weights towards zero" }),
  groups: option.groups(),
});

/** The choice between an ℓ₂ penalty and decay beside the scaling. */
export const decoupledOption = option.flag({
  default: false,
  help: "decay weights beside the scaling, not through the gradient",
});

/** The common options of an optimizer, checked and complete. */
export type CommonOptions = ChosenOptions<ReturnType<typeof commonOptions>>;

/** Parts of an optimizer made from the common options. */
export interface CommonParts {
  readonly learningRate: Schedule;
  /** Weight decay of a parameter: of its group, or the common one. */
  decayOf(parameter: string): number;
  /** One transform, or none where nothing decays: spread it where the decay belongs in the chain. */
  readonly decay: readonly Transform[];
  rateOf(parameter: string): number;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Turn checked options into the parts of an optimizer; `chosen` may hold more than the common ones, for `config`. */
export function commonParts(chosen: CommonOptions): CommonParts {
  const { learningRate, weightDecay: amount, groups } = chosen;
  const group = groupOf(groups);
  const decays = amount > 0 || groups.some((own) => (own.weightDecay ?? 0) > 0);
  const decayOf = (parameter: string) => group(parameter)?.weightDecay ?? amount;
  return {
    learningRate,
    decayOf,
    decay: decays ? [weightDecay(groups.length === 0 ? amount : decayOf)] : [],
    rateOf: (parameter) => group(parameter)?.learningRateFactor ?? 1,
    config: plain(chosen) as Record<string, unknown>,
  };
}

/** Options as they stand in run.json: schedules, adaptive damping and patterns as text. */
function plain(value: unknown): unknown {
  if (typeof value === "function") return describeSchedule(value as Schedule);
  if (value instanceof RegExp) return value.source;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (Object.hasOwn(value, "toString")) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
