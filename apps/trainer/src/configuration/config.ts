/**
 * The configuration: a plain object that a file, `--set` and flags fill in, in this order. The run.json of a run and the
 * race.json of a race are configurations too; what they record beside (versions, hashes) is passed over.
 */

import { existsSync, readFileSync } from "node:fs";
import { checkSetting, type ExperimentSettings, unknownSetting } from "@kronograd/experiment";
import { literal, UsageError } from "@kronograd/tensor";
import { allSettings, type CommandSettings } from "./command-settings.ts";

/** Options by name, as they stand in a file or after a flag. */
type Options = Readonly<Record<string, unknown>>;

/** A configuration, with nothing filled in. */
export interface Config extends ExperimentSettings, CommandSettings {
  /** One name, or several with commas. */
  readonly optimizer?: string;
  /** Options for every optimizer that has them. */
  readonly options?: Options;
  /** Options of one rival, by its name. */
  readonly rivals?: Readonly<Record<string, Options>>;
}

/** What run.json and race.json record beside the configuration. */
export const recorded = [
  "rival",
  "race",
  "started",
  "command",
  "versions",
  "device",
  "deviceChoice",
  "dataFingerprint",
  "initialWeights",
  "batchOrder",
  "tuning",
] as const;

/**
 * Check an object that is to be a configuration.
 *
 * @param where  the file or flag it comes from
 * @throws {UsageError} an unknown key (with the nearest that exists), or a value of another kind
 */
export function checkConfig(where: string, value: unknown): Config {
  if (!isObject(value)) {
    throw new UsageError({ where, problem: "a configuration is an object", got: literal(value) });
  }
  const entries = Object.entries(value).filter(([key]) => !(recorded as readonly string[]).includes(key));
  return Object.fromEntries(entries.map(([key, given]) => [key, checkValue(where, key, given)])) as Config;
}

const known = [...Object.keys(allSettings), "optimizer", "options", "rivals"];

function checkValue(where: string, key: string, value: unknown): unknown {
  if (Object.hasOwn(allSettings, key)) return checkSetting(where, key, value, allSettings);
  const wrong = (path: string, expected: string, got: unknown) =>
    new UsageError({
      where,
      problem: `setting "${path}" is not possible`,
      expected,
      got: literal(got),
      details: { key: path },
    });
  switch (key) {
    case "optimizer":
      if (typeof value === "string") return value;
      throw wrong(key, "a name, or several with commas", value);
    case "options":
      if (isObject(value)) return value;
      throw wrong(key, "options by name", value);
    case "rivals":
      if (!isObject(value)) throw wrong(key, "options of each rival, by its name", value);
      for (const [name, own] of Object.entries(value)) {
        if (!isObject(own)) throw wrong(`rivals.${name}`, "options by name", own);
      }
      return value;
    default:
      throw unknownSetting(where, key, known);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Read a configuration file. @throws {UsageError} it is not there, not JSON, or not a configuration */
export function readConfig(file: string): Config {
  if (!existsSync(file)) {
    throw new UsageError({ where: file, problem: "there is no such configuration file", help: "Check --config." });
  }
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UsageError({ where: file, problem: `is not JSON: ${(cause as Error).message}`, cause });
  }
  return checkConfig(file, value);
}

/**
 * A configuration from paths and values; `--set` gives text, which is read as JSON where it is JSON.
 *
 * @example
 * configFromPaths("--set", [["options.damping", 0.03], ["batch", 64]]);   // { options: { damping: 0.03 }, batch: 64 }
 */
export function configFromPaths(where: string, pairs: Iterable<readonly [path: string, value: unknown]>): Config {
  const config = new Map<string, unknown>();
  for (const [path, value] of pairs) {
    const [first = "", ...names] = path.split(".");
    if (names.length > depthOf(first, where, path)) throw unknownSetting(where, path, known);
    config.set(first, put(config.get(first), names, value));
  }
  return checkConfig(where, Object.fromEntries(config));
}

/** Most names below a setting: one for options, two for those of a rival, else none. */
function depthOf(first: string, where: string, path: string): number {
  if (!known.includes(first)) throw unknownSetting(where, path, known);
  return first === "options" ? 1 : first === "rivals" ? 2 : 0;
}

/** A value, or an object with it at the end of the names; what was there before stays beside it. */
function put(before: unknown, names: readonly string[], value: unknown): unknown {
  const [name, ...rest] = names;
  if (name === undefined) return value;
  const fields = new Map(isObject(before) ? Object.entries(before) : []);
  return Object.fromEntries(fields.set(name, put(fields.get(name), rest, value)));
}

/** Take `path=value` apart. @throws {UsageError} there is no "=" */
export function parseSet(text: string): readonly [path: string, value: unknown] {
  const at = text.indexOf("=");
  if (at < 1) {
    throw new UsageError({
      where: "--set",
      problem: "wants path=value",
      got: text,
      help: "For example --set options.damping=0.03.",
    });
  }
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value)];
  } catch {
    return [text.slice(0, at), value];
  }
}
