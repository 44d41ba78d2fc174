import { scope, tensor, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { directionsOf, valuesOf } from "../../testing/index.ts";
import { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { rmspropScaling } from "./rmsprop-scaling.ts";

describe("rmspropScaling", () => {
  it("falls from 1/√(1−α) to 1 under a constant gradient", () => {
    const directions = directionsOf(
      rmspropScaling({ decay: 0.75, epsilon: 0 }),
      Array.from({ length: 200 }, () => [3]),
    );
    expect(directions[0]?.[0]).toBeCloseTo(2, 14);
    expect(directions.at(-1)?.[0]).toBeCloseTo(1, 14);
  });

  it("divides by the deviation when centred", () => {
    // v = ¼·4 = 1, mean = ¼·2 = ½; then v = ¾ + ¼·16 = 4.75, mean = 3/8 + 1 = 11/8
    const [first, second] = directionsOf(rmspropScaling({ decay: 0.75, epsilon: 0, centered: true }), [[2], [4]]);
    expect(first?.[0]).toBeCloseTo(2 / Math.sqrt(0.75), 14);
    expect(second?.[0]).toBeCloseTo(4 / Math.sqrt(4.75 - (11 / 8) ** 2), 14);
  });

  it("stays finite in float32 when rounding takes the variance of a constant gradient below 0", () => {
    scope(() => {
      using optimizer = new Optimizer({
        name: "test",
        learningRate: 1,
        chain: rmspropScaling({ decay: 0.5, centered: true }),
      });
      const values = Float32Array.from({ length: 64 }, (_, i) => 0.1 + i / 7);
      const gradient = tensor(values);
      for (let step = 0; step < 60; step++) {
        const updates = optimizer.update(updatesOf({ w: gradient }), { parameters: { w: zeros([64]) }, step });
        expect(valuesOf(updates, "w").every(Number.isFinite)).toBe(true);
      }
    });
  });
});
