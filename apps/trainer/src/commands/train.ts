/** `kronograd train`: one run. */

import { flagsOf } from "../command-line/flags.ts";
import type { Command } from "./command.ts";
import { configFlags, layersOf, runNew } from "./training.ts";

export const train: Command = {
  name: "train",
  summary: "train a model with one optimizer",
  usage: "",
  flags: flagsOf("train"),
  own: configFlags,
  run: (given) =>
    runNew(layersOf(given, "train"), { optimizer: "skfac", keep: "last:2,best:1", report: false }, "train"),
};
