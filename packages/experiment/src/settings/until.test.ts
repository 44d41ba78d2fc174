import { describe, expect, it } from "vitest";
import { parseUntil } from "./until.ts";

describe("parseUntil", () => {
  it.each([
    ["eval.loss<0.1", { loss: 0.1, metrics: {} }, false],
    ["eval.loss<=0.1", { loss: 0.1, metrics: {} }, true],
    ["eval.accuracy > 0.9", { loss: 1, metrics: { accuracy: 0.95 } }, true],
    ["eval.accuracy>=9e-1", { loss: 1, metrics: { accuracy: 0.9 } }, true],
    ["eval.macroF1>0.5", { loss: 1, metrics: { macroF1: 0.4 } }, false],
    ["eval.loss<1", { loss: Number.NaN, metrics: {} }, false],
  ])("%s of %j is %s", (text, evaluation, expected) => {
    expect(parseUntil(text).holds(evaluation)).toBe(expected);
  });

  it("throws UsageError for a metric that is not there", () => {
    const { holds } = parseUntil("eval.acuracy>0.9");
    expect(() => holds({ loss: 1, metrics: { accuracy: 1 } })).toThrow('there is no number "acuracy"');
  });

  it("throws UsageError for what it cannot read", () => {
    for (const text of ["", "loss<1", "eval.loss=1", "eval.loss<", "eval.loss<x"]) {
      expect(() => parseUntil(text), text).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
  });
});
