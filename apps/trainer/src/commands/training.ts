/** What `train` and `race` share: configurations from file, `--set` and flags, and the folder of what they make. */

import { UsageError } from "@kronograd/tensor";
import type { Arguments, OwnFlag } from "../command-line/arguments.ts";
import { configFromPaths, parseSet, readConfig } from "../configuration/config.ts";
import type { Layer } from "../configuration/layers.ts";
import type { CommandDefaults } from "../configuration/settings.ts";
import { openExperiment } from "../opening/experiment.ts";
import { freshFolder, runSession, timeStamp } from "../runs/session.ts";

/** Flags that fill in several settings at once. */
export const configFlags: readonly OwnFlag[] = [
  {
    name: "config",
    value: "<file>",
    help: "settings from a file; the run.json of a run and the race.json of a race will do",
  },
  {
    name: "set",
    value: "<path=value>",
    help: "one setting, such as options.damping=0.03 or rivals.kfac.damping=0.1",
    many: true,
  },
];

/** The configurations of a command line, the strongest last. */
export function layersOf({ positionals, values, own }: Arguments, command: string): Layer[] {
  const [stray] = positionals;
  if (stray !== undefined) {
    throw new UsageError({
      where: `kronograd ${command}`,
      problem: `takes flags only`,
      got: stray,
      help: `See \`kronograd ${command} --help\`.`,
    });
  }
  const files = own.get("config") ?? [];
  const sets = own.get("set") ?? [];
  return [
    ...files.map((file): Layer => ({ from: "file", config: readConfig(file) })),
    { from: "set", config: configFromPaths("--set", sets.map(parseSet)) },
    { from: "flags", config: configFromPaths("flags", values) },
  ];
}

/** Open what a command line describes and run it in a new folder. */
export async function runNew(
  layers: readonly Layer[],
  defaults: CommandDefaults,
  command: "train" | "race",
): Promise<number> {
  const experiment = await openExperiment(layers, defaults);
  const { settings, rivals, data } = experiment;
  const isRace = command === "race" || rivals.length > 1 || settings.seeds.length > 1;
  const stem = data.name.replace(/\.[^.]*$/, "").replace(/[^\w-]+/g, "_");
  const name = isRace
    ? `${timeStamp()}-race-${stem}`
    : `${timeStamp()}-${stem}-${rivals[0]?.name}-s${settings.seeds[0]}`;
  return runSession({ experiment, path: freshFolder(settings.out, name), isRace });
}
