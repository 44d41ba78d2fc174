/** `kronograd race`: several optimizers from the same weights over the same batches. */

import { flagsOf } from "../command-line/flags.ts";
import type { Command } from "./command.ts";
import { configFlags, layersOf, runNew } from "./training.ts";

/** The race that is run when nothing else is said. */
export const raceDefaults = { optimizer: "sgd,adam,kfac,skfac", keep: "last:1", report: true };

export const race: Command = {
  name: "race",
  summary: "run several optimizers from the same weights over the same batches, and write a report",
  usage: "",
  flags: flagsOf("race"),
  own: configFlags,
  run: (given) => runNew(layersOf(given, "race"), raceDefaults, "race"),
};
