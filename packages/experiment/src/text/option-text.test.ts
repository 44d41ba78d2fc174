import { at, isAdaptive, kfacOptions, option, type Schedule } from "@kronograd/optimizers";
import { UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { parseOptions } from "./option-text.ts";

const table = {
  learningRate: option.schedule({ default: 0.1, help: "size of a step" }),
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "decay" }),
  every: option.integer({ default: 20, min: 1, help: "steps" }),
  nesterov: option.flag({ default: false, help: "look ahead" }),
  labels: option.choice({ choices: ["empirical", "exact"], default: "empirical", help: "label source" }),
  klClip: option.optional(option.number({ default: 0, above: 0, help: "trust region" }), 1e-3),
  groups: option.groups(),
};

describe("parseOptions", () => {
  it("reads each kind from text and passes values", () => {
    const texts = {
      momentum: "0.5",
      every: "3",
      nesterov: "true",
      labels: "exact",
      klClip: "off",
      groups: '[{"match":"bias$"}]',
    };
    expect(parseOptions("test", texts, table)).toEqual({
      momentum: 0.5,
      every: 3,
      nesterov: true,
      labels: "exact",
      klClip: null,
      groups: [{ match: "bias$" }],
    });
    expect(parseOptions("test", { momentum: 0.25 }, table)).toEqual({ momentum: 0.25 });
  });

  it("reads adaptive damping where an option takes it, and nowhere else", () => {
    const { damping } = parseOptions("kfac", { damping: "adaptive(0.5)" }, kfacOptions);
    expect(isAdaptive(damping) && damping.from).toBe(0.5);
    expect(() => parseOptions("kfac", { learningRate: "adaptive" }, kfacOptions)).toThrow("cannot be read");
  });

  it("reads schedules over the run", () => {
    const { learningRate } = parseOptions("test", { learningRate: "linear(1, 0)" }, table, { steps: 4 });
    expect(at(learningRate as Schedule, 1)).toBe(0.75);
  });

  it.each([{ momentum: "much" }, { momentum: "" }, { nesterov: "yes" }, { groups: "[" }])("refuses %o", (given) => {
    expect(() => parseOptions("test", given, table)).toThrow(UsageError);
    expect(() => parseOptions("test", given, table)).toThrow("cannot be read");
  });

  it("names the nearest option", () => {
    expect(() => parseOptions("sgd", { "learning-rate": "1" }, table)).toThrow('Did you mean "learningRate"?');
  });
});
