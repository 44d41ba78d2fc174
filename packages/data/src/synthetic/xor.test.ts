import { Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { xor } from "./xor.ts";

describe("xor", () => {
  it("has class 1 where the signs differ, all four quadrants, and no point near an axis or outside the square", () => {
    const {
      inputs: { values: inputs },
      targets: { values: targets },
      count,
    } = xor({ rng: new Rng(0) }).train;
    const quadrants = new Set<string>();
    for (let i = 0; i < count; i++) {
      const [x, y] = [inputs[2 * i]!, inputs[2 * i + 1]!];
      expect(targets[i]).toBe(x * y < 0 ? 1 : 0);
      expect(Math.min(Math.abs(x), Math.abs(y))).toBeGreaterThanOrEqual(0.1);
      expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(1);
      quadrants.add(`${Math.sign(x)} ${Math.sign(y)}`);
    }
    expect(quadrants.size).toBe(4);
  });
});
