import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { experiments } from "../testing/experiments.ts";
import { checkSetting, commandOf, configOf, experimentOf, unknownSetting } from "./experiment.ts";

const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });

describe("configOf, experimentOf", () => {
  it("give every experiment back from its run.json", () => {
    fc.assert(
      fc.property(experiments, (experiment) => {
        expect(experimentOf(JSON.parse(JSON.stringify(configOf(experiment))))).toEqual(experiment);
      }),
    );
  });

  it("give options for all to those that have them, below a rival's own", () => {
    const { rivals } = experimentOf({
      optimizer: "sgd,slow=kfac(decay=0.5)",
      options: { damping: 1, learningRate: 0.1, decay: 0.9 },
      rivals: { slow: { damping: 2 } },
    });
    expect(rivals).toEqual([
      { name: "sgd", optimizer: "sgd", options: { learningRate: 0.1 } },
      { name: "slow", optimizer: "kfac", options: { damping: 2, learningRate: 0.1, decay: 0.5 } },
    ]);
  });

  it("leave aside what is no setting of an experiment, and refuse one of another kind", () => {
    expect(experimentOf({ batch: 3, out: "runs", versions: {} } as never)).toEqual({ batch: 3, rivals: [] });
    expect(() => experimentOf({ batch: "3" } as never)).toThrow(
      refusal(/setting "batch" is not possible \(expected a whole number ≥ 1, got "3"\)/),
    );
  });
});

describe("commandOf", () => {
  it("is flags with their values", () => {
    const rivals = [{ name: "slow", optimizer: "kfac", options: { damping: 1 } }];
    expect(commandOf({ data: "spiral(turns=1.5)", evaluateEvery: 5, rivals })).toEqual([
      "--optimizer",
      "slow=kfac(damping=1)",
      "--data",
      "spiral(turns=1.5)",
      "--evaluate-every",
      "5",
    ]);
  });
});

describe("checkSetting, unknownSetting", () => {
  it("say what is wrong", () => {
    expect(checkSetting("run.json", "seed", 0)).toBe(0);
    expect(() => checkSetting("run.json", "seed", -1)).toThrow(refusal(/^run\.json: setting "seed"/));
    expect(unknownSetting("run.json", "bacth", ["batch", "seed"]).message).toMatch(/Did you mean "batch"/);
  });
});
