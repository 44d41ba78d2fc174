/**
 * The flags of the command as data: parsing and `--help` are made from this table, and it from the settings. A flag is a
 * place in the configuration (`path`) that can be filled from the command line; those of optimizers come from the catalog.
 */

import { kebab, kinds, type Setting } from "@kronograd/experiment";
import { catalog } from "@kronograd/optimizers";
import { allSettings } from "../configuration/command-settings.ts";
import type { groupNames } from "./flag-groups.ts";

/** The commands that train something. */
export type TrainingCommand = "train" | "race" | "tune";

/** One flag. */
export interface Flag {
  /** "learning-rate" for `--learning-rate`. */
  readonly name: string;
  /** "o" for `-o`. */
  readonly short?: string;
  /** Its heading in the help. */
  readonly group: keyof typeof groupNames;
  /** Its place in the configuration: "options.learningRate". */
  readonly path: string;
  /** How its text is read; a switch takes none. */
  readonly read: ((flag: string, text: string) => unknown) | "switch";
  /** How its value is shown in the help: "<steps>". */
  readonly value?: string;
  /** In words, where it is not said by `help`. */
  readonly default?: string;
  readonly help: string;
  /** Where it is understood (default: by all that train). */
  readonly only?: readonly (TrainingCommand | "resume")[];
}

const shorts: Readonly<Record<string, string>> = { seed: "s", out: "o" };

const training = ["train", "race"] as const;
/** Where settings are understood that not every command has. */
const only: Readonly<Record<string, Flag["only"]>> = {
  evaluateEvery: training,
  target: training,
  out: training,
  checkpointEvery: training,
  keep: training,
  render: [...training, "resume"],
  report: [...training, "resume"],
};

const optimizer: Flag = {
  name: "optimizer",
  group: "how",
  path: "optimizer",
  read: kinds.text.read,
  value: "<name|file.ts,…>",
  default: "skfac; in a race sgd,adam,kfac,skfac",
  help: "see `kronograd list optimizers`; `slow=kfac` runs kfac under the name slow, 'kfac(damping=1)' with an option",
};

/** A setting as a flag. */
function flagOf(path: string, { kind, value, ...rest }: Setting): Flag {
  const short = shorts[path];
  const where = only[path];
  return {
    name: kebab(path),
    path,
    ...rest,
    ...(kind === kinds.flag ? { read: "switch" } : { read: kind.read, value }),
    ...(short === undefined ? {} : { short }),
    ...(where === undefined ? {} : { only: where }),
  };
}

/** Options of the catalog's optimizers, under one flag where several have the same. */
function optimizerFlags(): Flag[] {
  const owners = new Map<string, string[]>();
  const kinds = new Map<string, Set<string>>();
  const helps = new Map<string, string>();
  for (const [name, { options }] of Object.entries(catalog)) {
    for (const [option, { kind, help }] of Object.entries(options)) {
      if (kind === "groups") continue; // a list of objects: for a configuration file
      owners.set(option, [...(owners.get(option) ?? []), name]);
      kinds.set(option, (kinds.get(option) ?? new Set()).add(kind));
      helps.set(option, helps.get(option) ?? help);
    }
  }
  const all = Object.keys(catalog).length;
  return [...owners].map(([option, names]): Flag => {
    const isSwitch = [...(kinds.get(option) ?? [])].every((kind) => kind === "flag");
    return {
      name: kebab(option),
      group: "options",
      path: `options.${option}`,
      read: isSwitch ? "switch" : (_, text) => text, // the optimizer reads it itself
      ...(isSwitch ? {} : { value: "<value>" }),
      help: `${helps.get(option)} (${names.length === all ? "all" : names.join(", ")})`,
    };
  });
}

const all: readonly Flag[] = [
  optimizer,
  ...Object.entries(allSettings).map(([path, setting]) => flagOf(path, setting)),
  ...optimizerFlags(),
];

/** The flags of a command. */
export function flagsOf(command: TrainingCommand | "resume"): readonly Flag[] {
  return all.filter(({ only }) => (command === "resume" ? only?.includes(command) : (only?.includes(command) ?? true)));
}
