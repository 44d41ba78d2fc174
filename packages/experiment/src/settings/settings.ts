/**
 * The settings of an experiment as data: everything that decides its numbers, but for the optimizers and their options
 * (`Rival`). Flags, links and configuration files are read by this table, and help is written from it.
 */

import * as kinds from "./kinds.ts";

/** One setting. */
export interface Setting<T = unknown> {
  readonly kind: kinds.Kind<T>;
  /** Its heading in the help. */
  readonly group: "what" | "how" | "length" | "batch" | "machine" | "output" | "save";
  /** How its value is shown in the help: "<steps>". */
  readonly value: string;
  /** What it is without being set, in words. */
  readonly default?: string;
  readonly help: string;
}

const setting = <T>(kind: kinds.Kind<T>, rest: Omit<Setting, "kind">): Setting<T> => ({ kind, ...rest });

/** Settings by name. */
export const settings = {
  data: setting(kinds.text, {
    group: "what",
    value: "<name|file.csv>",
    default: "mnist",
    help: "data set: see `kronograd list data`; options in brackets: 'spiral(turns=1.5)'",
  }),
  task: setting(kinds.choice("classification", "regression"), {
    group: "what",
    value: "<task>",
    default: "classification",
    help: "what the last column of a CSV file is: classification or regression",
  }),
  model: setting(kinds.text, {
    group: "what",
    value: "<spec|file.ts>",
    default: "mlp:128,64 for images, mlp:32,32 for points",
    help: "model: see `kronograd list models`",
  }),
  loss: setting(kinds.text, {
    group: "what",
    value: "<name|file.ts>",
    default: "softmaxCrossEntropy, or meanSquaredError in regression",
    help: "loss: see `kronograd list losses`",
  }),
  schedule: setting(kinds.choice("linear", "cosine", "constant"), {
    group: "how",
    value: "<shape>",
    default: "linear where the steps are known",
    help: "how learning rates fall to 0: linear, cosine or constant",
  }),
  steps: setting(kinds.count, { group: "length", value: "<n>", default: "500 for points", help: "steps of each run" }),
  epochs: setting(kinds.positive, {
    group: "length",
    value: "<n>",
    default: "1 for images",
    help: "times through the training rows",
  }),
  seconds: setting(kinds.positive, { group: "length", value: "<n>", help: "seconds of training" }),
  until: setting(kinds.text, {
    group: "length",
    value: "<condition>",
    help: 'end at an evaluation such as "eval.loss<0.05" or "eval.accuracy>=0.98"',
  }),
  batch: setting(kinds.count, {
    group: "batch",
    value: "<rows>",
    default: "128 for images, 32 for points",
    help: "rows in a batch",
  }),
  microBatch: setting(kinds.count, {
    group: "batch",
    value: "<rows>",
    default: "the batch",
    help: "rows at a time; their gradients are added up",
  }),
  seed: setting(kinds.whole, {
    group: "batch",
    value: "<n>",
    default: "0",
    help: "decides initial weights, batches and every other random draw",
  }),
  seeds: setting(kinds.count, {
    group: "batch",
    value: "<n>",
    default: "1",
    help: "repeat with so many seeds, and give medians and ranges",
  }),
  dtype: setting(kinds.choice("float32", "float64"), {
    group: "machine",
    value: "<type>",
    default: "float32",
    help: "of weights and inputs",
  }),
  evaluateEvery: setting(kinds.count, {
    group: "output",
    value: "<steps>",
    default: "50, or a twentieth of the run",
    help: "steps from one look at the test rows to the next",
  }),
  target: setting(kinds.positive, {
    group: "output",
    value: "<accuracy>",
    default: "depends on the data",
    help: "accuracy (or loss, in regression) that rivals are timed to",
  }),
} as const;

/** What a table of settings may be given: any of them. */
export type Given<T extends Readonly<Record<string, Setting>>> = {
  readonly [K in keyof T]?: kinds.ValueOf<T[K]["kind"]>;
};

/** Settings of an experiment, with nothing filled in. */
export type ExperimentSettings = Given<typeof settings>;
