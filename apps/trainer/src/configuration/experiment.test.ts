import { commandOf, type ExperimentConfig, experimentOf } from "@kronograd/experiment";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { experiments } from "../../../../packages/experiment/testing/experiments.ts";
import { parseArguments } from "../command-line/arguments.ts";
import { flagsOf } from "../command-line/flags.ts";
import { configFromPaths } from "./config.ts";

describe("a command line", () => {
  it("says the same experiment as the link that it was made from", () => {
    fc.assert(
      fc.property(experiments, (experiment) => {
        const { values } = parseArguments("race", commandOf(experiment), flagsOf("race"), []);
        expect(experimentOf(configFromPaths("flags", values) as ExperimentConfig)).toEqual(experiment);
      }),
    );
  });
});
