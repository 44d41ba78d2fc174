/** From configurations to settings: layers laid over one another, defaults filled in, everything checked. */

import type { Dataset } from "@kronograd/data";
import { parseRivals, type Settled, settle as settleExperiment } from "@kronograd/experiment";
import { UsageError } from "@kronograd/tensor";
import type { KeepRule } from "@kronograd/train/node";
import type { Config } from "./config.ts";
import { type Layer, merge } from "./layers.ts";
import { optionsOf, type RivalSettings } from "./rival-options.ts";

/** Everything that decides what a run or race does. */
export interface Settings extends Settled {
  readonly rivals: readonly RivalSettings[];
  readonly dataDir: string | undefined;
  readonly backend: string;
  readonly threads: number | undefined;
  readonly fast: "revectorize" | undefined;
  readonly strict: boolean;
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
  return {
    ...settleExperiment(config, data),
    rivals,
    dataDir: config.dataDir,
    backend: config.backend ?? "auto",
    threads: config.threads,
    fast: config.fast,
    strict: config.strict ?? false,
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
