import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { circles } from "./circles.ts";

describe("circles", () => {
  it("puts class 0 at radius 1 and class 1 at the inner radius", () => {
    const {
      inputs: { values: inputs },
      targets: { values: targets },
      count,
    } = circles({ rng: new Rng(0), inner: 0.3, noise: 0 }).train;
    for (let i = 0; i < count; i++) {
      const radius = Math.hypot(inputs[2 * i]!, inputs[2 * i + 1]!);
      expect(Math.abs(radius - (targets[i] === 0 ? 1 : 0.3))).toBeLessThan(1e-12);
    }
  });

  it("throws UsageError for an inner radius outside (0, 1)", () => {
    for (const inner of [0, 1, Number.NaN]) {
      expect(() => circles({ rng: new Rng(0), inner })).toThrow(expect.objectContaining({ name: "UsageError" }));
    }
  });
});
