import { describe, expect, it } from "vitest";
import { spread } from "./kit.ts";

describe("spread", () => {
  it("keeps each dimension within what every device has, and adds less than a workgroup a row", () => {
    for (const groups of [1, 65_535, 65_536, 65_704, 1_000_003]) {
      const [x, y, z] = spread(groups);
      expect(Math.max(x, y, z), `${groups}`).toBeLessThanOrEqual(65_535);
      expect(x * y * z - groups, `${groups}`).toBeLessThan(y);
      expect(x * y * z).toBeGreaterThanOrEqual(groups);
    }
    expect(spread(100)).toEqual([100, 1, 1]);
  });
});
