import { widthOf } from "@kronograd/figures";
import { describe, expect, it } from "vitest";
import { bar, clock, figure, fit, sparkline, timeLeft } from "./text.ts";

describe("figure", () => {
  it.each([
    [0.25, "0.2500"],
    [12.3456, "12.35"],
    [69888.2, "69888"],
    [0.00012345, "1.234e-4"],
    [0, "0.000"],
    [2.5e7, "2.500e7"],
    [-0.5, "-0.5000"],
    [undefined, "–"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
  ])("writes %s as %s", (value, text) => {
    expect(figure(value)).toBe(text);
  });
});

describe("sparkline", () => {
  it("goes from the largest to the least on a logarithmic scale", () => {
    expect(sparkline([1000, 100, 10, 1], 4)).toBe("█▆▃▁");
  });

  it("takes means of parts where there are more values than bars", () => {
    expect(sparkline([8, 8, 8, 1, 1, 1], 2)).toBe("█▁");
  });

  it("is flat for equal values, short for few, and empty for none", () => {
    expect(sparkline([3, 3], 8)).toBe("▁▁");
    expect(sparkline([], 8)).toBe("");
    expect(sparkline([Number.NaN, 0, -1, Number.POSITIVE_INFINITY], 8)).toBe("");
  });
});

describe("bar", () => {
  it("is as wide as it is told, whatever its share", () => {
    for (const share of [-1, 0, 0.3, 0.5, 0.99, 1, 2]) expect(widthOf(bar(share, 7))).toBe(7);
    expect(bar(0, 4)).toBe("────");
    expect(bar(0.4, 4)).toBe("━╸──");
    expect(bar(1, 4)).toBe("━━━━");
  });
});

describe("clock", () => {
  it("has minutes, and hours where there are any", () => {
    expect([0, 21.4, 62, 3723].map(clock)).toEqual(["0:00", "0:21", "1:02", "1:02:03"]);
  });
});

describe("timeLeft", () => {
  it("waits for 3 % or 5 steps, whichever is first", () => {
    expect(timeLeft(2, 100, 1)).toBeUndefined();
    expect(timeLeft(3, 100, 3)).toBe(97);
    expect(timeLeft(4, 10_000, 1)).toBeUndefined();
    expect(timeLeft(5, 10_000, 1)).toBe(1999);
  });

  it("does not guess where the length is not known", () => {
    expect(timeLeft(50, Number.POSITIVE_INFINITY, 1)).toBeUndefined();
  });
});

describe("fit", () => {
  it("cuts what is seen and keeps colour codes", () => {
    expect(fit("abc", 3)).toBe("abc");
    expect(fit("\u001b[31mabcdef\u001b[39mgh", 4)).toBe("\u001b[31mabcd\u001b[39m");
  });
});
