import { describe, expect, it } from "vitest";
import { inFours } from "./fours.ts";

describe("elements are read four at once", () => {
  const at = (offset: number) => ({ shape: [], strides: [], offset });

  it("where every four lie side by side from a multiple of four on", () => {
    expect(inFours(at(8), 1, 12, [12, 0, -24])).toBe(true);
  });

  it("not otherwise", () => {
    expect(inFours(at(8), 2, 12, [24])).toBe(false);
    expect(inFours(at(6), 1, 12, [12])).toBe(false);
    expect(inFours(at(8), 1, 10, [12])).toBe(false);
    expect(inFours(at(8), 1, 12, [12, 13])).toBe(false);
  });
});
