/**
 * The configuration: a plain object that a file, `--set` and flags fill in, in this order. The run.json of a run and the
 * race.json of a race are configurations too; what they record beside (versions, hashes) is passed over.
 */

import { existsSync, readFileSync } from "node:fs";
import { nearest, UsageError } from "@kronograd/tensor";
import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.gtValue(0));
const options = v.record(v.string(), v.unknown());

const entries = {
  data: v.string(),
  dataDir: v.string(),
  task: v.picklist(["classification", "regression"]),
  model: v.string(),
  /** One name, or several with commas. */
  optimizer: v.string(),
  schedule: v.picklist(["linear", "cosine", "constant"]),
  /** Options for every optimizer that has them. */
  options,
  /** Options of one rival, by its name. */
  rivals: v.record(v.string(), options),
  steps: count,
  epochs: positive,
  seconds: positive,
  until: v.string(),
  batch: count,
  microBatch: count,
  seed: v.pipe(v.number(), v.integer(), v.minValue(0)),
  seeds: count,
  backend: v.string(),
  dtype: v.picklist(["float32", "float64"]),
  threads: count,
  fast: v.picklist(["revectorize"]),
  strict: v.boolean(),
  evaluateEvery: count,
  target: positive,
  out: v.string(),
  render: v.picklist(["auto", "rich", "plain", "json", "none"]),
  report: v.boolean(),
  checkpointEvery: count,
  keep: v.string(),
};

const schema = v.partial(v.object(entries));

/** A configuration, with nothing filled in. */
export type Config = v.InferOutput<typeof schema>;

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
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError({ where, problem: "a configuration is an object", got: JSON.stringify(value) });
  }
  const known = Object.keys(entries);
  for (const key of Object.keys(value)) {
    if (known.includes(key) || (recorded as readonly string[]).includes(key)) continue;
    const guess = nearest(key, known);
    throw new UsageError({
      where,
      problem: `unknown setting "${key}"`,
      help: guess === undefined ? `Settings are ${known.join(", ")}.` : `Did you mean "${guess}"?`,
      details: { key, guess },
    });
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new UsageError({
    where,
    problem: `setting "${v.getDotPath(issue) ?? ""}" is not possible`,
    expected: issue.expected ?? issue.message,
    got: JSON.stringify(issue.input),
    details: { key: v.getDotPath(issue) },
  });
}

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
  const config: Record<string, unknown> = {};
  for (const [path, value] of pairs) {
    const keys = path.split(".");
    const last = keys.pop() as string;
    let place = config;
    for (const key of keys) {
      const inner = Object.hasOwn(place, key) ? place[key] : undefined;
      const next = typeof inner === "object" && inner !== null ? inner : {};
      place[key] = next;
      place = next as Record<string, unknown>;
    }
    place[last] = value;
  }
  return checkConfig(where, config);
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
