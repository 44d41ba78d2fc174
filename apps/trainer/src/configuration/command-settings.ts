/** Settings of the command beside those of an experiment: where it runs, where files are, and what is shown and kept. */

import { type Given, kinds, type Setting, settings } from "@kronograd/experiment";

/** Settings by name. */
export const commandSettings = {
  dataDir: { kind: kinds.text, group: "what", value: "<folder>", help: "where the files of the data set are" },
  backend: {
    kind: kinds.text,
    group: "machine",
    value: "<name>",
    default: "auto",
    help: "see `kronograd list backends`",
  },
  threads: {
    kind: kinds.count,
    group: "machine",
    value: "<n>",
    default: "1",
    help: "threads, where the backend has them; several runs share a machine best with one each",
  },
  fast: {
    kind: kinds.choice("revectorize"),
    group: "machine",
    value: "revectorize",
    help: "vectors of 256 bits on wasm, an experiment of the engine",
  },
  strict: { kind: kinds.flag, group: "machine", value: "", help: "refuse ops for which the backend has no kernel" },
  out: { kind: kinds.text, group: "output", value: "<folder>", default: "runs", help: "where run folders are made" },
  render: {
    kind: kinds.choice("auto", "rich", "plain", "json", "none"),
    group: "output",
    value: "<how>",
    default: "auto",
    help: "progress on stderr: rich, plain, none; json: events on stdout",
  },
  report: {
    kind: kinds.flag,
    group: "output",
    value: "",
    default: "in a race",
    help: "write report.html at the end (--no-report: do not)",
  },
  checkpointEvery: {
    kind: kinds.count,
    group: "save",
    value: "<steps>",
    default: "200",
    help: "steps from one checkpoint to the next",
  },
  keep: {
    kind: kinds.text,
    group: "save",
    value: "<rule>",
    default: "last:2,best:1; in a race last:1",
    help: "which checkpoints stay",
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** Every setting that is one value. */
export const allSettings = { ...settings, ...commandSettings };

/** Settings of the command, with nothing filled in. */
export type CommandSettings = Given<typeof commandSettings>;
