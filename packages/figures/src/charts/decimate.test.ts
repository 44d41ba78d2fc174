import { describe, expect, it } from "vitest";
import { decimate, envelope } from "./decimate.ts";

const wave = Array.from({ length: 5000 }, (_, i) => ({
  step: i,
  value: i === 3333 ? 99 : i === 1234 ? -99 : Math.sin(i / 50),
}));

describe("decimate", () => {
  it("keeps at most the limit, the ends, the order, and both extremes", () => {
    const kept = decimate(wave, 400);
    expect(kept.length).toBeLessThanOrEqual(400);
    expect(kept.length).toBeGreaterThan(300);
    expect([kept[0], kept.at(-1)]).toEqual([wave[0], wave.at(-1)]);
    expect(kept.map(({ step }) => step)).toEqual(kept.map(({ step }) => step).toSorted((a, b) => a - b));
    expect(kept).toContain(wave[3333]);
    expect(kept).toContain(wave[1234]);
  });

  it("gives short lines back as they are", () => {
    expect(decimate(wave.slice(0, 400), 400)).toEqual(wave.slice(0, 400));
  });
});

describe("envelope", () => {
  it("gives the median and the range of each stretch", () => {
    const points = [5, 1, 3, 8, 9, 7].map((value, i) => ({ step: i + 1, value, low: value - 0.5, high: value + 0.5 }));
    expect(envelope(points, 2)).toEqual([
      { step: 3, value: 3, low: 0.5, high: 5.5 },
      { step: 6, value: 8, low: 6.5, high: 9.5 },
    ]);
  });
});
