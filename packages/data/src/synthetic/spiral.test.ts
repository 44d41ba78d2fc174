import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { spiral } from "./spiral.ts";

const rng = new Rng(0);

describe("spiral", () => {
  it("puts every point of an arm at the angle that its radius asks for", () => {
    const { train, classes } = spiral({ rng, arms: 3, turns: 1.5, noise: 0 });
    expect(classes).toBe(3);
    for (let i = 0; i < train.count; i++) {
      const [x, y] = [train.inputs.values[2 * i]!, train.inputs.values[2 * i + 1]!];
      const radius = Math.hypot(x, y);
      expect(radius).toBeLessThanOrEqual(1);
      const angle = 2 * Math.PI * (train.targets.values[i]! / 3 + 1.5 * radius);
      expect(Math.abs(x - radius * Math.cos(angle)) + Math.abs(y - radius * Math.sin(angle))).toBeLessThan(1e-12);
    }
  });

  it("fills the radius evenly", () => {
    const inputs = Array.from(spiral({ rng, noise: 0 }).train.inputs.values);
    const mean = inputs.reduce((sum, x, i) => sum + (i % 2 === 0 ? Math.hypot(x, inputs[i + 1]!) : 0), 0) / 1000;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.04); // standard error √(1/12/1000) = 0.009
  });

  it("throws UsageError for fewer than two arms", () => {
    expect(() => spiral({ rng, arms: 1 })).toThrow(expect.objectContaining({ name: "UsageError", got: 1 }));
  });
});
