/** `kronograd resume`: go on where a run or a race was stopped or killed, to the same bits. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@kronograd/tensor";
import { RunFolder } from "@kronograd/train/node";
import { flagsOf } from "../command-line/flags.ts";
import { configFromPaths, readConfig } from "../configuration/config.ts";
import { openExperiment } from "../opening/experiment.ts";
import { parseFrom } from "../runs/from.ts";
import { runSession } from "../runs/session.ts";
import type { Command } from "./command.ts";
import { raceDefaults } from "./race.ts";

export const resume: Command = {
  name: "resume",
  summary: "go on with a run or a race that was stopped or killed",
  usage: "<run>",
  flags: flagsOf("resume"),
  own: [
    { name: "from", value: "<last|best|step>", help: "the checkpoint of a run to go on from (default: last)" },
    { name: "allow-changes", help: "go on though options, data, model or device are not those of the checkpoint" },
  ],
  notes: ["The rest of the run has the same bits as if it had never been stopped."],
  async run({ positionals, values, own }) {
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0) {
      throw new UsageError({
        where: "kronograd resume",
        problem: "wants one folder",
        got: positionals,
        help: "For example: kronograd resume runs/2026-05-14-0931-race-mnist.",
      });
    }
    const isRace = existsSync(join(path, "race.json"));
    const from = parseFrom(own.get("from")?.at(-1) ?? "last");
    if (!isRace)
      RunFolder.open(path); // says what is missing
    else if (from !== "last") {
      throw new UsageError({
        where: "--from",
        problem: "a race goes on from its last checkpoints",
        got: from,
        help: "Name one run of the race.",
      });
    }
    const file = join(path, isRace ? "race.json" : "run.json");
    const layers = [
      { from: "file", config: readConfig(file) },
      { from: "flags", config: configFromPaths("flags", values) },
    ] as const;
    if (!isRace && from === "last") {
      const end = RunFolder.open(path)
        .events()
        .findLast((event) => event.type === "end");
      if (end?.type === "end" && end.reason === "done") {
        process.stdout.write(
          `${path} is finished: ${end.step} steps in ${end.seconds.toPrecision(4)} s. There is nothing to resume.\n`,
        );
        return 0;
      }
    }
    const experiment = await openExperiment(layers, { ...raceDefaults, report: isRace });
    return runSession({ experiment, path, isRace, resume: from, allowChanges: own.has("allow-changes") });
  },
};
