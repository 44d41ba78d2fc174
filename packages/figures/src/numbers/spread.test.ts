import { describe, expect, it } from "vitest";
import { bare, spreadOf, spreadWords } from "./spread.ts";

describe("spreadOf", () => {
  it("is the median between the lowest and the highest", () => {
    expect(spreadOf([3, 1, Number.POSITIVE_INFINITY])).toEqual({
      median: 3,
      low: 1,
      high: Number.POSITIVE_INFINITY,
      seeds: 3,
    });
  });
});

describe("spreadWords", () => {
  it("give the range of several seeds alone, words for what is infinite, and a dash for what was not measured", () => {
    const show = (median: number, low: number, high: number, seeds: number) => {
      const { middle, range } = spreadWords({ median, low, high, seeds }, (value) => `${value}\u202Fs`, "never");
      return `${middle} ${range}`.trim();
    };
    const far = Number.POSITIVE_INFINITY;
    expect(show(2, 2, 2, 1)).toBe("2\u202Fs");
    expect(show(2, 1, 3, 3)).toBe("2\u202Fs [1–3]");
    expect(show(2, 2, 2, 3)).toBe("2\u202Fs");
    expect(show(2, 1, far, 3)).toBe("2\u202Fs [1–never]");
    expect(show(far, 1, far, 3)).toBe("never [1–never]");
    expect(show(Number.NaN, Number.NaN, Number.NaN, 1)).toBe("–");
  });
});

describe("bare", () => {
  it("leaves the unit away", () => {
    expect([bare("3\u202Fs"), bare("97.1\u202F%"), bare("4")]).toEqual(["3", "97.1", "4"]);
  });
});
