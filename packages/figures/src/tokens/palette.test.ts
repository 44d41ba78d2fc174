import { describe, expect, it } from "vitest";
import { colourClass, dashOf, paletteStyle } from "./palette.ts";

describe("palette", () => {
  it("gives six rivals six colours and six dashes, and thirty-six rivals thirty-six pairs", () => {
    const pair = (_: unknown, index: number) => `${colourClass(index)} ${dashOf(index)}`;
    expect(new Set(Array.from({ length: 6 }, (_, i) => dashOf(i))).size).toBe(6);
    expect(new Set(Array.from({ length: 6 }, (_, i) => colourClass(i))).size).toBe(6);
    expect(new Set(Array.from({ length: 36 }, pair)).size).toBe(36);
  });

  it("has a rule for every class", () => {
    for (let i = 0; i < 8; i++) expect(paletteStyle).toContain(`.${colourClass(i)}{--c:var(--r${i % 6})}`);
  });
});
