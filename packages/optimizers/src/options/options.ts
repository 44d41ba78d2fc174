/**
 * Options as data: one table for each optimizer, transform or method holds every option's default, range and meaning. The
 * option types, the checks, the command's flags and its `list` are all made from the table.
 */

import { nearest, UsageError } from "@kronograd/tensor";
import type { Option } from "./option.ts";

export type { Option } from "./option.ts";
export type { Range } from "./option-kinds.ts";
export * as option from "./option-kinds.ts";

/** Options by name. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** Options that a caller may pass: any of a table's. */
export type OptionsOf<T extends OptionTable> = {
  readonly [K in keyof T]?: T[K] extends Option<infer V> ? V : never;
};

/** The same with every default filled in. */
export type ChosenOptions<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never;
};

/**
 * Give a table's options their meaning in words. The checks themselves need none, so a program without help holds none.
 *
 * @param help  one line for each option; in one object or several
 */
export function described<T extends OptionTable>(table: T, ...help: readonly Readonly<Record<string, string>>[]): T {
  const lines: Record<string, string> = Object.assign({}, ...help);
  return Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, { ...entry, help: lines[name] }])) as T;
}

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
        got: typeof value === "object" && value !== null ? JSON.stringify(value) : value,
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
