import { describe, expect, it } from "vitest";
import { bytes, count, level, listing, ms, number, percent, seconds, short } from "./format.ts";

describe("format", () => {
  it("gives four digits, and the 1e-4 form below 1e-3", () => {
    const shown = [0, 1.5, 0.03125, 0.001, 0.00012345, 123456.7, 1e7, -0.5].map((value) => number(value));
    expect(shown).toEqual(["0", "1.5", "0.03125", "0.001", "1.234e-4", "1.235e5", "1e7", "-0.5"]);
  });

  it("has words for what is absent or not finite", () => {
    expect(
      [undefined, null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => number(value)),
    ).toEqual(["–", "–", "not finite", "∞", "−∞"]);
  });

  it("shows shares, levels, times, counts, sizes", () => {
    expect([percent(0.97434), percent(0.1, 0)]).toEqual(["97.43\u202F%", "10\u202F%"]);
    expect([level(0.97), level(0.995), level(0.1)]).toEqual(["97\u202F%", "99.5\u202F%", "10\u202F%"]);
    expect([0.4312, 4.312, 43.12, 431.2].map(seconds)).toEqual([
      "0.431\u202Fs",
      "4.31\u202Fs",
      "43.1\u202Fs",
      "431\u202Fs",
    ]);
    expect([0.5, 9.614, 12.34, 345.6].map(ms)).toEqual(["0.500", "9.61", "12.3", "346"]);
    expect([7, 468, 1218, 109386, 1e6].map(count)).toEqual(["7", "468", "1,218", "109,386", "1,000,000"]);
    expect([812, 4100, 2.34e6].map(bytes)).toEqual(["812 B", "4.10 kB", "2.34 MB"]);
    expect([0, 250, 20000, 1500000, 0.03, 0.0005].map(short)).toEqual(["0", "250", "20k", "1.5M", "0.03", "5e-4"]);
  });

  it("lists names as a sentence does", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listing)).toEqual(["", "a", "a and b", "a, b and c"]);
  });
});
