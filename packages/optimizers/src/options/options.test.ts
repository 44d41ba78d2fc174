import { UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { checkOptions, option } from "./options.ts";

const table = {
  learningRate: option.schedule({ default: 0.1, help: "size of a step" }),
  momentum: option.number({ default: 0.9, min: 0, below: 1, help: "decay" }),
  every: option.integer({ default: 20, min: 1, help: "steps" }),
  nesterov: option.flag({ default: false, help: "look ahead" }),
  labels: option.choice({ choices: ["empirical", "exact"], default: "empirical", help: "label source" }),
  klClip: option.optional(option.number({ default: 0, above: 0, help: "trust region" }), 1e-3),
  groups: option.groups(),
};

describe("checkOptions", () => {
  it("fills in defaults; undefined is not given, null is", () => {
    const chosen = checkOptions("test", { momentum: 0.5, klClip: null }, table);
    expect(chosen).toEqual({
      learningRate: 0.1,
      momentum: 0.5,
      every: 20,
      nesterov: false,
      labels: "empirical",
      klClip: null,
      groups: [],
    });
    expect(checkOptions("test", { momentum: undefined } as never, table).momentum).toBe(0.9);
  });

  it("names the nearest option", () => {
    const misspelt = () => checkOptions("sgd", { momentun: 0.9 } as never, table);
    expect(misspelt).toThrow(UsageError);
    expect(misspelt).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: sgd: unknown option "momentun" (expected one of learningRate, momentum, every, nesterov, labels, klClip, groups). Did you mean "momentum"?]`,
    );
  });

  it.each([
    [{ momentum: 1 }, "momentum is out of range (expected a number in [0, 1), got 1)"],
    [{ momentum: Number.NaN }, "momentum is out of range (expected a number in [0, 1), got NaN)"],
    [{ learningRate: -0.1 }, "learningRate is out of range (expected a number ≥ 0 or a schedule, got -0.1)"],
    [{ learningRate: "0.1" }, 'learningRate is out of range (expected a number ≥ 0 or a schedule, got "0.1")'],
    [{ every: 1.5 }, "every is out of range (expected a whole number ≥ 1, got 1.5)"],
    [{ nesterov: 1 }, "nesterov is out of range (expected true or false, got 1)"],
    [{ labels: "true" }, 'labels is out of range (expected one of empirical, exact, got "true")'],
    [{ momentum: null }, "momentum is out of range (expected a number in [0, 1), got null)"],
    [{ klClip: 0 }, "klClip is out of range (expected a number > 0, or null, got 0)"],
    [{ groups: [{ match: /a/, weightDecay: -1 }] }, "groups is out of range"],
    [{ groups: [{ match: "(" }] }, "groups is out of range"],
    [{ groups: [{ match: "a", decay: 1 }] }, "groups is out of range"],
  ])("refuses %o", (given, message) => {
    expect(() => checkOptions("test", given as never, table)).toThrow(UsageError);
    expect(() => checkOptions("test", given as never, table)).toThrow(`test: ${message}`);
  });

  it("writes ranges as they are", () => {
    const words = (range: object) => option.number({ default: 0, help: "", ...range }).expected;
    expect(words({})).toBe("a number");
    expect(words({ above: 0, max: 1 })).toBe("a number in (0, 1]");
    expect(words({ max: 3 })).toBe("a number ≤ 3");
    expect(words({ below: 3 })).toBe("a number < 3");
  });
});
