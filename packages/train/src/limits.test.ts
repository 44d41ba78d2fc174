import { describe, expect, it } from "vitest";
import { assertPeriod, stepLimit } from "./limits.ts";

const refusal = expect.objectContaining({ name: "UsageError" });

describe("stepLimit", () => {
  it("is the smaller of steps and epochs", () => {
    expect(stepLimit({ steps: 100 }, 10)).toBe(100);
    expect(stepLimit({ epochs: 3 }, 10)).toBe(30);
    expect(stepLimit({ steps: 25, epochs: 3 }, 10)).toBe(25);
  });

  it("rounds a part of an epoch up", () => {
    expect(stepLimit({ epochs: 0.25 }, 10)).toBe(3);
  });

  it("is infinite where only seconds limit a run", () => {
    expect(stepLimit({ seconds: 1 }, 10)).toBe(Number.POSITIVE_INFINITY);
  });

  it("throws UsageError without a limit, and for limits that are none", () => {
    expect(() => stepLimit({}, 10)).toThrow(refusal);
    for (const limits of [{ steps: 0 }, { steps: 1.5 }, { epochs: 0 }, { seconds: -1 }, { seconds: Number.NaN }]) {
      expect(() => stepLimit(limits, 10)).toThrow(refusal);
    }
  });
});

describe("assertPeriod", () => {
  it("names the setting and its value", () => {
    expect(() => assertPeriod("evaluateEvery", 0)).toThrow("fit: evaluateEvery must be a whole number ≥ 1 (got 0).");
  });
});
