import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { averageStarts, blend, decayAt } from "./running-average.ts";

const values = [3, -1, 4, 1, -5, 9];
const average = (start: (typeof averageStarts)[number], decay: number, count = values.length): number =>
  values.slice(0, count).reduce((mean, x, i) => {
    const rho = decayAt(start, decay, i + 1);
    return rho * mean + (1 - rho) * x;
  }, Number.MAX_VALUE);

describe("decayAt", () => {
  it("forgets everything before the first value", () => {
    for (const start of averageStarts) expect(average(start, 0.9, 1)).toBe(3);
  });

  it("first: weighs old values by the decay from the second value on", () => {
    expect(average("first", 0.9, 3)).toBeCloseTo(0.9 * (0.9 * 3 + 0.1 * -1) + 0.1 * 4, 12);
  });

  it("unbiased: equals a zero-started average over 1 − ρᵏ", () => {
    for (let k = 1; k <= values.length; k++) {
      const fromZero = values.slice(0, k).reduce((mean, x) => 0.9 * mean + 0.1 * x, 0);
      expect(average("unbiased", 0.9, k)).toBeCloseTo(fromZero / (1 - 0.9 ** k), 12);
    }
  });

  it("martens: is the plain mean until that would weigh old values more than the decay", () => {
    for (let k = 1; k <= 4; k++) {
      const mean = values.slice(0, k).reduce((a, b) => a + b) / k;
      expect(average("martens", 0.75, k)).toBeCloseTo(mean, 12);
    }
    expect(decayAt("martens", 0.75, 5)).toBe(0.75);
  });
});

describe("blend", () => {
  it("moves the average on, and leaves the old one for a step that does not hold", () => {
    const mean = tensor([4, 8], { dtype: "float64" });
    const moved = blend(mean, tensor([0, 4], { dtype: "float64" }), 0.75);
    expect(moved).toBeAllclose([3, 7]);
    expect(mean).toBeAllclose([4, 8]);
  });

  it("takes the first value, and with decay 0 every value, as it is", () => {
    const [mean, value] = [tensor([4]), tensor([1])];
    expect(blend(null, value, 0.9)).toBe(value);
    expect(blend(mean, value, 0)).toBe(value);
    expect(mean).toBeAllclose([4]);
  });
});
