/**
 * Options as data: one table for each optimizer, transform or method holds every option's default, range and meaning. The
 * option types, the checks, the command's flags and its `list` are all made from the table.
 */

import { nearest, UsageError } from "@kronograd/tensor";
import type { ParameterGroup } from "./groups.ts";
import type { Schedule } from "./schedule.ts";

/** One option. */
export interface Option<T> {
  readonly kind: "number" | "integer" | "flag" | "schedule" | "choice" | "groups";
  readonly default: T;
  /** What it does, in one line. */
  readonly help: string;
  /** What is allowed, in words: "a number in [0, 1)". */
  readonly expected: string;
  accepts(value: unknown): boolean;
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** What a caller may pass for a table: any of its options. */
export type OptionsOf<T extends OptionTable> = {
  readonly [K in keyof T]?: T[K] extends Option<infer V> ? V : never;
};

/** The same with every default filled in. */
export type ChosenOptions<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never;
};

/** Bounds of a number: `min` and `max` are allowed themselves, `above` and `below` are not. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

/** Makers of options, for tables. */
export const option = {
  number: ({ help, default: value, ...range }: Range & { default: number; help: string }): Option<number> => ({
    kind: "number",
    default: value,
    help,
    expected: `a number${inWords(range)}`,
    accepts: (given) => typeof given === "number" && inRange(given, range),
  }),

  integer: ({ help, default: value, ...range }: Range & { default: number; help: string }): Option<number> => ({
    kind: "integer",
    default: value,
    help,
    expected: `a whole number${inWords(range)}`,
    accepts: (given) => typeof given === "number" && Number.isInteger(given) && inRange(given, range),
  }),

  flag: (fields: { default: boolean; help: string }): Option<boolean> => ({
    kind: "flag",
    ...fields,
    expected: "true or false",
    accepts: (given) => typeof given === "boolean",
  }),

  /** A number ≥ 0, or a function of the step. */
  schedule: (fields: { default: Schedule; help: string }): Option<Schedule> => ({
    kind: "schedule",
    ...fields,
    expected: "a number ≥ 0 or a schedule",
    accepts: (given) => typeof given === "function" || (typeof given === "number" && inRange(given, { min: 0 })),
  }),

  choice: <const T extends string>(fields: { choices: readonly T[]; default: T; help: string }): Option<T> => ({
    kind: "choice",
    default: fields.default,
    help: fields.help,
    expected: `one of ${fields.choices.join(", ")}`,
    accepts: (given) => fields.choices.includes(given as T),
  }),

  /** A number that may be left off: null switches it off. */
  optional: (inner: Option<number>, value: number | null): Option<number | null> => ({
    ...inner,
    default: value,
    expected: `${inner.expected}, or null`,
    accepts: (given) => given === null || inner.accepts(given),
  }),

  groups: (): Option<readonly ParameterGroup[]> => ({
    kind: "groups",
    default: [],
    help: "parameters with a rate factor or a weight decay of their own, by name",
    expected: "a list of { match, learningRateFactor ≥ 0, weightDecay ≥ 0 }",
    accepts: (given) => Array.isArray(given) && given.every(isGroup),
  }),
} as const;

/**
 * Check options against their table and fill in the defaults.
 *
 * @param where  the optimizer or method, for the message
 * @throws {UsageError} an unknown name (with the nearest that exists), or a value out of range
 * @example
 * checkOptions("sgd", { momentum: 0.9 }, sgdOptions).learningRate;   // 0.01
 */
export function checkOptions<T extends OptionTable>(where: string, given: OptionsOf<T>, table: T): ChosenOptions<T> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(table, name)) throw unknownName(where, "option", name, Object.keys(table));
  }
  const values = given as Readonly<Record<string, unknown>>;
  const chosen = Object.entries(table).map(([name, entry]) => {
    const value = values[name] ?? (values[name] === null ? null : entry.default);
    if (!entry.accepts(value)) {
      throw new UsageError({
        where,
        problem: `${name} is out of range`,
        expected: entry.expected,
        got: typeof value === "object" ? JSON.stringify(value) : value,
        details: { option: name, value },
      });
    }
    return [name, value];
  });
  return Object.fromEntries(chosen) as ChosenOptions<T>;
}

/** The error for a name that is in no list, with the nearest that is. */
export function unknownName(where: string, what: string, name: string, names: readonly string[]): UsageError {
  const guess = nearest(name, names);
  return new UsageError({
    where,
    problem: `unknown ${what} "${name}"`,
    expected: `one of ${names.join(", ")}`,
    ...(guess === undefined ? {} : { help: `Did you mean "${guess}"?` }),
    details: { name, names },
  });
}

function inRange(value: number, range: Range): boolean {
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = range;
  return Number.isFinite(value) && value >= min && value <= max && value > above && value < below;
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
  const numbers = [learningRateFactor, weightDecay].every((x) => typeof x === "number" && inRange(x, { min: 0 }));
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
