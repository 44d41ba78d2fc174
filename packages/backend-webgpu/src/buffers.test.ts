import { describe, expect, it } from "vitest";
import { sizeClass } from "./buffers.ts";

describe("size classes", () => {
  it("hold what is asked for and waste at most a third beyond the smallest", () => {
    for (let bytes = 0; bytes < 100_000; bytes += 37) {
      const size = sizeClass(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size % 64).toBe(0);
      if (bytes > 256) expect(size - bytes).toBeLessThanOrEqual(bytes / 2);
    }
  });
});
