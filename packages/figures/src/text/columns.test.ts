import { describe, expect, it } from "vitest";
import { columns } from "./columns.ts";

describe("columns", () => {
  it("aligns the first column to the left and others to the right, unless told otherwise", () => {
    const rows = [["", "loss"], ["sgd", "0.5"], ["skfac", "10"]]; // biome-ignore format: rows
    expect(columns(rows)).toEqual(["       loss", "sgd     0.5", "skfac    10"]);
    expect(columns(rows, [0, 1])).toEqual(["       loss", "sgd    0.5", "skfac  10"]);
  });

  it("does not count colour codes", () => {
    expect(columns([["\u001b[31mab\u001b[39m", "x"], ["abcd", "y"]])).toEqual(["\u001b[31mab\u001b[39m    x", "abcd  y"]); // biome-ignore format: rows
  });
});
