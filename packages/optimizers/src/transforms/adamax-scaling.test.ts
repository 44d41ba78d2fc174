import { describe, expect, it } from "vitest";
import { directionsOf, f64 } from "../../testing/index.ts";
import { adamaxScaling } from "./adamax-scaling.ts";

describe("adamaxScaling", () => {
  it("keeps size 1 under a constant gradient", () => {
    const directions = directionsOf(
      adamaxScaling({ epsilon: 0 }),
      Array.from({ length: 20 }, () => [5, -0.01]),
    );
    expect(f64(directions.at(-1) as number[])).toBeAllclose(f64([1, -1]), { rtol: 1e-14 }); // float64 rounding
  });

  it("equals two steps computed by hand", () => {
    const [first, second] = directionsOf(adamaxScaling({ momentum: 0.5, decay: 0.75, epsilon: 0 }), [[4], [1]]);
    expect(first).toEqual([1]); // m̂ = 2/½ = 4, u = 4
    expect(second?.[0]).toBeCloseTo(1.5 / 0.75 / 3, 14); // m = ½·2 + ½·1 = 1.5; u = max(¾·4, 1) = 3
  });
});
