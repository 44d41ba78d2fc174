import { catalog } from "@kronograd/optimizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { experiments } from "../testing/experiments.ts";
import { parseExperiment, printExperiment } from "./link.ts";

const refusal = (message: RegExp) =>
  expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) });

describe("printExperiment, parseExperiment", () => {
  it("are a line that can be read", () => {
    const link =
      "v=1&data=spiral(turns=1.5)&model=mlp:32,32(activation=tanh)&race=sgd(learningRate=0.3,nesterov=true);slow=kfac(damping=linear(1,0.01))&batch=64&target=0.97";
    const { experiment, rest } = parseExperiment(`#${link}`);
    expect(experiment).toEqual({
      data: "spiral(turns=1.5)",
      model: "mlp:32,32(activation=tanh)",
      rivals: [
        { name: "sgd", optimizer: "sgd", options: { learningRate: 0.3, nesterov: true } },
        { name: "slow", optimizer: "kfac", options: { damping: "linear(1,0.01)" } },
      ],
      batch: 64,
      target: 0.97,
    });
    expect(rest).toEqual({});
    expect(printExperiment(experiment)).toBe(link);
  });

  it("give every experiment back, and keys of others with it", () => {
    const rest = fc
      .dictionary(fc.string({ maxLength: 6 }), fc.string({ unit: "grapheme", maxLength: 12 }), {
        noNullPrototype: true,
      })
      .map(({ v, race, ...others }) => others);
    fc.assert(
      fc.property(experiments, rest, (experiment, others) => {
        const link = printExperiment(experiment, others);
        expect(link).toMatch(/^[\w\-.!~*'(),:;=/@$+%&]*$/); // what may stand behind a # as it is
        expect(parseExperiment(link)).toEqual({ experiment, rest: others });
      }),
      { numRuns: 300 },
    );
  });

  it("take every optimizer of the catalog", () => {
    const race = Object.keys(catalog).join(";");
    expect(parseExperiment(`race=${race}`).experiment.rivals.map(({ name }) => name)).toEqual(Object.keys(catalog));
  });

  it("throw UsageError for another version, a key that stands twice, and values that cannot be read", () => {
    expect(() => parseExperiment("v=2&batch=3")).toThrow(refusal(/another version \(expected v=1, got v=2\)/));
    expect(() => parseExperiment("batch=3&batch=4")).toThrow(refusal(/"batch" is given twice/));
    expect(() => parseExperiment("batch=many")).toThrow(refusal(/^link, batch: value cannot be read/));
    expect(() => parseExperiment("race=kfca")).toThrow(refusal(/Did you mean "kfac"/));
  });

  it("do not fail on what is no link", () => {
    expect(parseExperiment("")).toEqual({ experiment: { rivals: [] }, rest: {} });
    expect(parseExperiment("#%&x")).toEqual({ experiment: { rivals: [] }, rest: { "%": "", x: "" } });
  });
});
