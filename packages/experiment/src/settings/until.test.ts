import { describe, expect, it } from "vitest";
import { parseUntil } from "./until.ts";

describe("parseUntil", () => {
  it.each([
    ["eval.loss<0.1", { loss: 0.1 }, false],
    ["eval.loss<=0.1", { loss: 0.1 }, true],
    ["eval.accuracy > 0.9", { loss: 1, accuracy: 0.95 }, true],
    ["eval.accuracy>=9e-1", { loss: 1, accuracy: 0.9 }, true],
    ["eval.accuracy>=0.9", { loss: 1 }, false],
    ["eval.loss<1", { loss: Number.NaN }, false],
  ])("%s of %j is %s", (text, evaluation, expected) => {
    expect(parseUntil(text).holds(evaluation)).toBe(expected);
  });

  it("throws UsageError for what it cannot read", () => {
    for (const text of ["", "loss<1", "eval.loss=1", "eval.loss<", "eval.loss<x", "eval.gain>1"]) {
      expect(() => parseUntil(text), text).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
  });
});
