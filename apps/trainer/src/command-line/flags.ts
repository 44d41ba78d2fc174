/**
 * The flags of the command as data: parsing, `--help` and the configuration file are all made from this table. A flag is a
 * place in the configuration (`path`) that can be filled from the command line; those of optimizers come from the catalog.
 */

import { catalog } from "@kronograd/optimizers";
import type { groupNames } from "./flag-groups.ts";
import { type Reader, read } from "./flag-values.ts";

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
  readonly read: Reader<unknown> | "switch";
  /** How its value is shown in the help: "<steps>". */
  readonly value?: string;
  /** In words, where it is not said by `help`. */
  readonly default?: string;
  readonly help: string;
  /** Where it is understood (default: by all that train). */
  readonly only?: readonly (TrainingCommand | "resume")[];
}

const plain: readonly Flag[] = [
  {
    name: "data",
    group: "what",
    path: "data",
    read: read.text,
    value: "<name|file.csv>",
    default: "mnist",
    help: "data set: see `kronograd list data`",
  },
  {
    name: "data-dir",
    group: "what",
    path: "dataDir",
    read: read.text,
    value: "<folder>",
    help: "where the files of the data set are",
  },
  {
    name: "task",
    group: "what",
    path: "task",
    read: read.choice("classification", "regression"),
    value: "<task>",
    default: "classification",
    help: "what the last column of a CSV file is: classification or regression",
  },
  {
    name: "model",
    group: "what",
    path: "model",
    read: read.text,
    value: "<spec|file.ts>",
    default: "mlp:128,64 for images, mlp:32,32 for points",
    help: "model: see `kronograd list models`",
  },

  {
    name: "optimizer",
    group: "how",
    path: "optimizer",
    read: read.text,
    value: "<name|file.ts,…>",
    default: "skfac; in a race sgd,adam,kfac,skfac",
    help: "see `kronograd list optimizers`; `slow=kfac` runs kfac under the name slow",
  },
  {
    name: "schedule",
    group: "how",
    path: "schedule",
    read: read.choice("linear", "cosine", "constant"),
    value: "<shape>",
    default: "linear where the steps are known",
    help: "how learning rates fall to 0: linear, cosine or constant",
  },

  {
    name: "steps",
    group: "length",
    path: "steps",
    read: read.count,
    value: "<n>",
    default: "500 for points",
    help: "steps of each run",
  },
  {
    name: "epochs",
    group: "length",
    path: "epochs",
    read: read.positive,
    value: "<n>",
    default: "1 for images",
    help: "times through the training rows",
  },
  { name: "seconds", group: "length", path: "seconds", read: read.positive, value: "<n>", help: "seconds of training" },
  {
    name: "until",
    group: "length",
    path: "until",
    read: read.text,
    value: "<condition>",
    help: 'end at an evaluation such as "eval.loss<0.05" or "eval.accuracy>=0.98"',
  },

  {
    name: "batch",
    group: "batch",
    path: "batch",
    read: read.count,
    value: "<rows>",
    default: "128 for images, 32 for points",
    help: "rows in a batch",
  },
  {
    name: "micro-batch",
    group: "batch",
    path: "microBatch",
    read: read.count,
    value: "<rows>",
    default: "the batch",
    help: "rows at a time; their gradients are added up",
  },
  {
    name: "seed",
    short: "s",
    group: "batch",
    path: "seed",
    read: read.whole,
    value: "<n>",
    default: "0",
    help: "decides initial weights, batches and every other random draw",
  },
  {
    name: "seeds",
    group: "batch",
    path: "seeds",
    read: read.count,
    value: "<n>",
    default: "1",
    help: "repeat with so many seeds, and give medians and ranges",
  },

  {
    name: "backend",
    group: "machine",
    path: "backend",
    read: read.text,
    value: "<name>",
    default: "auto",
    help: "see `kronograd list backends`",
  },
  {
    name: "dtype",
    group: "machine",
    path: "dtype",
    read: read.choice("float32", "float64"),
    value: "<type>",
    default: "float32",
    help: "of weights and inputs",
  },
  {
    name: "threads",
    group: "machine",
    path: "threads",
    read: read.count,
    value: "<n>",
    default: "1",
    help: "threads, where the backend has them; several runs share a machine best with one each",
  },
  {
    name: "fast",
    group: "machine",
    path: "fast",
    read: read.choice("revectorize"),
    value: "revectorize",
    help: "vectors of 256 bits on wasm, an experiment of the engine",
  },
  {
    name: "strict",
    group: "machine",
    path: "strict",
    read: "switch",
    help: "refuse ops for which the backend has no kernel",
  },

  {
    name: "evaluate-every",
    group: "output",
    path: "evaluateEvery",
    read: read.count,
    value: "<steps>",
    default: "50, or a twentieth of the run",
    help: "steps from one look at the test rows to the next",
    only: ["train", "race"],
  },
  {
    name: "target",
    group: "output",
    path: "target",
    read: read.positive,
    value: "<accuracy>",
    default: "depends on the data",
    help: "accuracy (or loss, in regression) that rivals are timed to",
    only: ["train", "race"],
  },
  {
    name: "out",
    short: "o",
    group: "output",
    path: "out",
    read: read.text,
    value: "<folder>",
    default: "runs",
    help: "where run folders are made",
    only: ["train", "race"],
  },
  {
    name: "render",
    group: "output",
    path: "render",
    read: read.choice("auto", "rich", "plain", "json", "none"),
    value: "<how>",
    default: "auto",
    help: "progress on stderr: rich, plain, none; json: events on stdout",
    only: ["train", "race", "resume"],
  },
  {
    name: "report",
    group: "output",
    path: "report",
    read: "switch",
    default: "in a race",
    help: "write report.html at the end (--no-report: do not)",
    only: ["train", "race", "resume"],
  },

  {
    name: "checkpoint-every",
    group: "save",
    path: "checkpointEvery",
    read: read.count,
    value: "<steps>",
    default: "200",
    help: "steps from one checkpoint to the next",
    only: ["train", "race"],
  },
  {
    name: "keep",
    group: "save",
    path: "keep",
    read: read.text,
    value: "<rule>",
    default: "last:2,best:1; in a race last:1",
    help: "which checkpoints stay",
    only: ["train", "race"],
  },
];

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
      read: isSwitch ? "switch" : read.option,
      ...(isSwitch ? {} : { value: "<value>" }),
      help: `${helps.get(option)} (${names.length === all ? "all" : names.join(", ")})`,
    };
  });
}

/** "learningRate" → "learning-rate". */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const all: readonly Flag[] = [...plain, ...optimizerFlags()];

/** The flags of a command. */
export function flagsOf(command: TrainingCommand | "resume"): readonly Flag[] {
  return all.filter(({ only }) => (command === "resume" ? only?.includes(command) : (only?.includes(command) ?? true)));
}
