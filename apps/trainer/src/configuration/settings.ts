/** From configurations to settings: layers laid over one another, defaults filled in, everything checked. */

import type { Dataset } from "@kronograd/data";
import { UsageError } from "@kronograd/tensor";
import { stepLimit } from "@kronograd/train";
import type { KeepRule } from "@kronograd/train/node";
import { defaultTarget } from "../opening/datasets.ts";
import type { Config } from "./config.ts";
import { type Layer, lengthKeys, merge } from "./layers.ts";
import { optionsOf, type RivalSettings } from "./rival-options.ts";
import { parseRivals } from "./rivals.ts";
import { parseUntil, type Until } from "./until.ts";

/** Everything that decides what a run or race does. */
export interface Settings {
  readonly data: string;
  readonly dataDir: string | undefined;
  readonly task: Config["task"];
  readonly model: string;
  readonly rivals: readonly RivalSettings[];
  readonly schedule: "linear" | "cosine" | "constant";
  readonly steps: number | undefined;
  readonly epochs: number | undefined;
  readonly seconds: number | undefined;
  /** Steps of each run, infinite where only seconds limit it. */
  readonly limit: number;
  readonly until: Until | undefined;
  readonly batch: number;
  readonly microBatch: number | undefined;
  readonly seeds: readonly number[];
  readonly backend: string;
  readonly dtype: "float32" | "float64";
  readonly threads: number | undefined;
  readonly fast: "revectorize" | undefined;
  readonly strict: boolean;
  readonly evaluateEvery: number;
  readonly target: number;
  readonly out: string;
  readonly render: NonNullable<Config["render"]>;
  readonly report: boolean;
  readonly checkpointEvery: number;
  readonly keep: string;
}

/** What differs between commands. */
export interface CommandDefaults {
  readonly optimizer: string;
  readonly keep: string;
  readonly report: boolean;
}

/** The rivals of a configuration. @throws {UsageError} an unknown optimizer or option */
export function rivalsOf(layers: readonly Layer[], defaults: CommandDefaults): RivalSettings[] {
  const rivals = parseRivals(merge(layers).optimizer ?? defaults.optimizer);
  return optionsOf(rivals, layers);
}

/**
 * Fill in what is left open; some of it depends on the data.
 *
 * @throws {UsageError} settings that contradict one another
 */
export function settle(
  layers: readonly Layer[],
  defaults: CommandDefaults,
  rivals: readonly RivalSettings[],
  data: Dataset,
): Settings {
  const config = merge(layers);
  const isImages = data.inputShape.length > 1;
  const batch = config.batch ?? (isImages ? 128 : Math.min(32, data.train.count));
  const given = lengthKeys.some((key) => config[key] !== undefined);
  const length = given ? config : isImages ? { epochs: 1 } : { steps: 500 };
  const { steps, epochs, seconds } = length;
  const chosen = { ...(steps && { steps }), ...(epochs && { epochs }), ...(seconds && { seconds }) };
  const limit = stepLimit(chosen, Math.max(1, Math.floor(data.train.count / batch)));
  const isKnown = Number.isFinite(limit);
  if (!isKnown && config.schedule !== undefined && config.schedule !== "constant") {
    throw new UsageError({
      where: "--schedule",
      problem: `learning rates cannot fall over a run whose steps are not known`,
      got: config.schedule,
      help: "Give --steps or --epochs too, or --schedule constant.",
    });
  }
  const seed = config.seed ?? 0;
  const twentieth = isKnown ? Math.ceil(limit / 20) : 50;
  return {
    data: config.data ?? "mnist",
    dataDir: config.dataDir,
    task: config.task,
    model: config.model ?? (isImages ? "mlp:128,64" : "mlp:32,32"),
    rivals,
    schedule: config.schedule ?? (isKnown ? "linear" : "constant"),
    steps,
    epochs,
    seconds,
    limit,
    until: config.until === undefined ? undefined : parseUntil(config.until),
    batch,
    microBatch: config.microBatch,
    seeds: Array.from({ length: config.seeds ?? 1 }, (_, i) => seed + i),
    backend: config.backend ?? "auto",
    dtype: config.dtype ?? "float32",
    threads: config.threads,
    fast: config.fast,
    strict: config.strict ?? false,
    evaluateEvery: config.evaluateEvery ?? (isImages ? Math.max(50, twentieth) : twentieth),
    target: config.target ?? defaultTarget(config.data ?? "mnist"),
    out: config.out ?? "runs",
    render: config.render ?? "auto",
    report: config.report ?? defaults.report,
    checkpointEvery: config.checkpointEvery ?? 200,
    keep: config.keep ?? defaults.keep,
  };
}

/** Read a rule for checkpoints: "last:3,best:1". @throws {UsageError} it cannot be read */
export function parseKeep(text: string): KeepRule {
  const rule = { last: 1, best: 0 };
  for (const item of text.split(",")) {
    const [, key, number] = /^\s*(last|best):(\d+)\s*$/.exec(item) ?? [];
    const value = Number(number);
    if (key === undefined || (key === "last" && value < 1) || (key === "best" && value > 1)) {
      throw new UsageError({
        where: "--keep",
        problem: "rule cannot be read",
        expected: "last:n with n ≥ 1, best:0 or best:1, or both",
        got: text,
      });
    }
    rule[key as "last" | "best"] = value;
  }
  return rule;
}
