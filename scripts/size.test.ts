import { describe, expect, it } from "vitest";
import { countLines, median, overBudget, table } from "./size.ts";

describe("countLines", () => {
  it("does not count a final newline as a line", () => {
    expect([countLines("a\nb\n"), countLines("a\nb"), countLines("a")]).toEqual([2, 2, 1]);
  });
});

describe("median", () => {
  it("is the middle, or the mean of the two middle ones", () => {
    expect([median([]), median([7]), median([9, 1, 5]), median([1, 10, 2, 4])]).toEqual([0, 7, 5, 3]);
  });
});

describe("overBudget", () => {
  it("names what is too large with both numbers, and skips what has not been measured", () => {
    const rows = [
      { name: "a", gzip: 31.26, budget: 30 },
      { name: "b", gzip: 30, budget: 30 },
      { name: "c", budget: 1 },
    ];
    expect(overBudget(rows)).toEqual(["a: 31.3 kB gzip, budget 30 kB"]);
  });
});

describe("table", () => {
  it("lines its columns up", () => {
    const lines = table([{ name: "tensor", files: 9, lines: 1234, median: 80, max: 300, gzip: 5.04 }]).split("\n");
    expect(lines[1]).toBe("tensor      9   1234      80  300      5.0");
    expect(lines[0]).toBe("        files  lines  median  max  gzip kB  budget");
  });
});
