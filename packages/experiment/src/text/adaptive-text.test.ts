import { adaptive } from "@kronograd/optimizers";
import { describe, expect, it } from "vitest";
import { isAdaptiveText, parseAdaptive } from "./adaptive-text.ts";

describe("parseAdaptive", () => {
  it("reads what `adaptive` writes, and its short forms", () => {
    for (const value of [adaptive(), adaptive({ from: 2 }), adaptive({ every: 7 }), adaptive({ least: 1e-3 })])
      expect(String(parseAdaptive(String(value)))).toBe(String(value));
    expect(parseAdaptive(" adaptive ").from).toBe(adaptive().from);
    expect(parseAdaptive("adaptive()").from).toBe(adaptive().from);
    expect(parseAdaptive("adaptive( 0.5 )").from).toBe(0.5);
  });

  it.each(["adaptive(", "adaptive(x)", "adaptive(1,)", "adaptive(1,2,3,4)", "adaptive 3"])("refuses %j", (text) => {
    expect(() => parseAdaptive(text)).toThrow(/^adaptive damping: cannot be read/);
  });

  it("refuses what is out of range", () => {
    expect(() => parseAdaptive("adaptive(-1)")).toThrow("adaptive: from is out of range");
  });
});

describe("isAdaptiveText", () => {
  it("goes by the word", () => {
    expect(["adaptive", " adaptive(1", "adaptively", "linear(1, 0)"].map(isAdaptiveText)).toEqual([true, true, false, false]); // biome-ignore format: one row
  });
});
