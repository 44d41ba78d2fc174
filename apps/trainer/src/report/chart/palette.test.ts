import { describe, expect, it } from "vitest";
import { colourClass, darkColours, dashOf, lightColours, pageColours } from "./palette.ts";

/** Relative luminance and contrast as the Web Content Accessibility Guidelines define them. */
const channels = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
function contrast(a: string, b: string): number {
  const [high, low] = [a, b]
    .map((colour) => channels(colour).map(linear))
    .map(([r = 0, g = 0, blue = 0]) => 0.2126 * r + 0.7152 * g + 0.0722 * blue)
    .sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

describe("palette", () => {
  it("stands out from the page as text must (4.5 : 1), on light and dark", () => {
    for (const colour of lightColours) expect(contrast(colour, pageColours.light)).toBeGreaterThan(4.5);
    for (const colour of darkColours) expect(contrast(colour, pageColours.dark)).toBeGreaterThan(4.5);
  });

  it("gives eight rivals eight colours and eight dashes, and sixteen rivals sixteen pairs", () => {
    const pair = (_: unknown, index: number) => `${colourClass(index)} ${dashOf(index)}`;
    expect(new Set(Array.from({ length: 8 }, (_, i) => dashOf(i))).size).toBe(8);
    expect(new Set(Array.from({ length: 8 }, (_, i) => colourClass(i))).size).toBe(8);
    expect(new Set(Array.from({ length: 16 }, pair)).size).toBe(16);
  });
});
