/** What is run, in words: the same in a link, in a command line and in a run.json. */

import { literal, nearest, UsageError } from "@kronograd/tensor";
import { hasOption, parseRivals, printRivals, type Rival } from "./settings/rivals.ts";
import { type ExperimentSettings, type Setting, settings } from "./settings/settings.ts";
import type { OptionValues } from "./text/call.ts";

/** An experiment: one or more rivals under the same settings. What is not said is chosen when it is opened. */
export interface Experiment extends ExperimentSettings {
  readonly rivals: readonly Rival[];
}

/** An experiment as it stands in a run.json or race.json. */
export interface ExperimentConfig extends ExperimentSettings {
  /** "kfac", "sgd,slow=kfac" */
  readonly optimizer?: string;
  /** Options for every rival that has them. */
  readonly options?: OptionValues;
  /** Options of one rival, by its name. */
  readonly rivals?: Readonly<Record<string, OptionValues>>;
}

/**
 * Take an experiment from a configuration; what is no setting of an experiment is left aside.
 *
 * @throws {UsageError} an unknown optimizer, or a setting of another kind
 */
export function experimentOf(config: ExperimentConfig): Experiment {
  const { optimizer = "", options = {}, rivals: own = {} } = config;
  const rivals = optimizer === "" ? [] : parseRivals(optimizer);
  return {
    ...chosen(config),
    rivals: rivals.map((rival) => ({
      ...rival,
      options: {
        ...Object.fromEntries(Object.entries(options).filter(([name]) => hasOption(rival, name))),
        ...(Object.hasOwn(own, rival.name) ? own[rival.name] : {}),
        ...rival.options,
      },
    })),
  };
}

/** Write an experiment as a configuration: a run.json or race.json. */
export function configOf({ rivals, ...rest }: Experiment): ExperimentConfig {
  return {
    optimizer: printRivals(rivals.map((rival) => ({ ...rival, options: {} }))),
    rivals: Object.fromEntries(rivals.map(({ name, options }) => [name, options])),
    ...rest,
  };
}

/** The arguments of `kronograd race` that run an experiment. */
export function commandOf({ rivals, ...rest }: Experiment): string[] {
  const given = Object.entries({ optimizer: rivals.length === 0 ? undefined : printRivals(rivals), ...rest });
  return given.flatMap(([name, value]) => (value === undefined ? [] : flagWith(`--${kebab(name)}`, String(value))));
}

/** A flag and its value; one that looks like a flag itself stands behind "=". */
const flagWith = (flag: string, value: string): string[] =>
  value.startsWith("-") ? [`${flag}=${value}`] : [flag, value];

/** "learningRate" → "learning-rate". */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const table: Readonly<Record<string, Setting>> = settings;

/** The settings among the fields of an object. @throws {UsageError} one of another kind */
function chosen(fields: object): ExperimentSettings {
  const found = Object.entries(fields).filter(([name, value]) => Object.hasOwn(table, name) && value !== undefined);
  return Object.fromEntries(found.map(([name, value]) => [name, checkSetting("experiment", name, value)]));
}

/**
 * Check the value of a setting.
 *
 * @param where  the file, flag or link that it comes from
 * @throws {UsageError} a value of another kind
 */
export function checkSetting(where: string, name: string, value: unknown, known = table): unknown {
  const found = known[name] as Setting;
  if (found.kind.accepts(value)) return value;
  throw new UsageError({
    where,
    problem: `setting "${name}" is not possible`,
    expected: found.kind.expected,
    got: literal(value),
    details: { key: name },
  });
}

/** The error for a setting that is in no table, with the nearest that is. */
export function unknownSetting(where: string, name: string, names: readonly string[]): UsageError {
  const guess = nearest(name, names);
  return new UsageError({
    where,
    problem: `unknown setting "${name}"`,
    help: guess === undefined ? `Settings are ${names.join(", ")}.` : `Did you mean "${guess}"?`,
    details: { key: name, guess },
  });
}
