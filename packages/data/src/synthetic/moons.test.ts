import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { moons } from "./moons.ts";

describe("moons", () => {
  it("puts each class on its half circle of radius 1", () => {
    const {
      inputs: { values: inputs },
      targets: { values: targets },
      count,
    } = moons({ rng: new Rng(0), noise: 0 }).train;
    for (let i = 0; i < count; i++) {
      const [x, y] = [inputs[2 * i]!, inputs[2 * i + 1]!];
      const upper = targets[i] === 0;
      expect(Math.abs(Math.hypot(x - (upper ? 0 : 1), y - (upper ? 0 : 0.5)) - 1)).toBeLessThan(1e-12);
      expect(upper ? y >= 0 : y <= 0.5).toBe(true);
    }
  });
});
