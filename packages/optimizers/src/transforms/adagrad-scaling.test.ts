import { describe, expect, it } from "vitest";
import { directionsOf } from "../../testing/index.ts";
import { adagradScaling } from "./adagrad-scaling.ts";

describe("adagradScaling", () => {
  it("has size 1/√t under a constant gradient", () => {
    const directions = directionsOf(
      adagradScaling(),
      Array.from({ length: 9 }, () => [4, -0.5]),
    );
    directions.forEach(([up, down], i) => {
      expect(up).toBeCloseTo(1 / Math.sqrt(i + 1), 8); // ε = 1e-10 beside √s ≥ ½
      expect(down).toBeCloseTo(-1 / Math.sqrt(i + 1), 8);
    });
  });

  it("divides step t by 1 + (t−1)·rateDecay", () => {
    const plain = directionsOf(adagradScaling(), [[1], [1], [1]]);
    const decayed = directionsOf(adagradScaling({ rateDecay: 0.5 }), [[1], [1], [1]]);
    expect(decayed[2]?.[0]).toBeCloseTo((plain[2]?.[0] as number) / 2, 14);
  });

  it("starts from the initial sum", () => {
    expect(directionsOf(adagradScaling({ initial: 7, epsilon: 0 }), [[3]])).toEqual([[3 / 4]]);
  });
});
