import { describe, expect, it } from "vitest";
import { findCycles } from "./cycles.ts";

const cycles = (edges: Record<string, string[]>): string[] =>
  findCycles(new Map(Object.entries(edges))).map((cycle) => cycle.join(""));

describe("findCycles", () => {
  it("finds none in a diamond", () => {
    expect(cycles({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] })).toEqual([]);
  });

  it("finds a file that imports itself", () => {
    expect(cycles({ a: ["a"] })).toEqual(["aa"]);
  });

  it("gives a shortest cycle of a group, not the longest walk round it", () => {
    expect(cycles({ a: ["b"], b: ["c", "a"], c: ["d"], d: ["a"] })).toEqual(["aba"]);
  });

  it("gives one cycle for each group", () => {
    expect(cycles({ a: ["b"], b: ["a", "c"], c: ["d"], d: ["c"] }).sort()).toEqual(["aba", "cdc"]);
  });

  it("ignores imports of files outside the graph", () => {
    expect(cycles({ a: ["gone"] })).toEqual([]);
  });
});
