/** Kinds of options, for the tables of `options.ts`: what each accepts, and how an error says so. */

import type { ParameterGroup } from "../driver/groups.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { Option } from "./option.ts";

/** Bounds of a number: `min` and `max` are allowed themselves, `above` and `below` are not. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

interface Described<T> {
  readonly default: T;
  /** Its effect, in one line; `described` can add it later. */
  readonly help?: string;
}

function made<T>(
  kind: Option<T>["kind"],
  fields: Described<T>,
  expected: string,
  accepts: (given: unknown) => boolean,
): Option<T> {
  return { kind, help: "", ...fields, expected, accepts };
}

/** A number. */
export const number = (fields: Range & Described<number>): Option<number> =>
  made("number", fields, `a number${inWords(fields)}`, (given) => inRange(given, fields));

/** A whole number. */
export const integer = (fields: Range & Described<number>): Option<number> =>
  made(
    "integer",
    fields,
    `a whole number${inWords(fields)}`,
    (given) => Number.isInteger(given) && inRange(given, fields),
  );

/** True or false. */
export const flag = (fields: Described<boolean>): Option<boolean> =>
  made("flag", fields, "true or false", (given) => typeof given === "boolean");

/** A number ≥ 0, or a function of the step. */
export const schedule = (fields: Described<Schedule>): Option<Schedule> =>
  made(
    "schedule",
    fields,
    "a number ≥ 0 or a schedule",
    (given) => typeof given === "function" || inRange(given, { min: 0 }),
  );

/** One of some words. */
export const choice = <const T extends string>(fields: Described<T> & { readonly choices: readonly T[] }): Option<T> =>
  made("choice", fields, `one of ${fields.choices.join(", ")}`, (given) => fields.choices.includes(given as T));

/** A number that may be left off: null switches it off. */
export const optional = (inner: Option<number>, value: number | null): Option<number | null> =>
  made(
    inner.kind,
    { ...inner, default: value },
    `${inner.expected}, or null`,
    (given) => given === null || inner.accepts(given),
  );

/** Parameter groups. */
export const groups = (): Option<readonly ParameterGroup[]> =>
  made(
    "groups",
    { default: [], help: "parameters with a rate factor or a weight decay of their own, by name" },
    "a list of { match, learningRateFactor ≥ 0, weightDecay ≥ 0 }",
    (given) => Array.isArray(given) && given.every(isGroup),
  );

function inRange(given: unknown, range: Range): boolean {
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = range;
  const value = given as number;
  return Number.isFinite(given) && value >= min && value <= max && value > above && value < below;
}

function inWords({ min, max, above, below }: Range): string {
  const low = above ?? min;
  const high = below ?? max;
  if (low !== undefined && high !== undefined) {
    return ` in ${above === undefined ? "[" : "("}${low}, ${high}${below === undefined ? "]" : ")"}`;
  }
  if (low !== undefined) return above === undefined ? ` ≥ ${low}` : ` > ${low}`;
  if (high !== undefined) return below === undefined ? ` ≤ ${high}` : ` < ${high}`;
  return "";
}

function isGroup(group: unknown): boolean {
  if (typeof group !== "object" || group === null) return false;
  const { match, learningRateFactor = 1, weightDecay = 0, ...rest } = group as Record<string, unknown>;
  const named = typeof match === "function" || match instanceof RegExp || isPattern(match);
  const numbers = [learningRateFactor, weightDecay].every((x) => inRange(x, { min: 0 }));
  return named && numbers && Object.keys(rest).length === 0;
}

function isPattern(match: unknown): boolean {
  if (typeof match !== "string") return false;
  try {
    return new RegExp(match) instanceof RegExp;
  } catch {
    return false;
  }
}
