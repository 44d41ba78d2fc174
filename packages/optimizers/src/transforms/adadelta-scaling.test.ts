import { describe, expect, it } from "vitest";
import { directionsOf, f64 } from "../../testing/index.ts";
import { adadeltaScaling } from "./adadelta-scaling.ts";

describe("adadeltaScaling", () => {
  it("has size √(ε/(1−ρ)) at the first step where g² ≫ ε", () => {
    const [first] = directionsOf(adadeltaScaling({ decay: 0.95, epsilon: 1e-6 }), [[1e4, -1e5]]);
    const size = Math.sqrt(1e-6 / 0.05);
    expect(f64(first as number[])).toBeAllclose(f64([size, -size]), { rtol: 1e-12 }); // ε/((1−ρ)g²) = 2e-13
  });

  it("does not depend on the scale of the loss where g² ≫ ε", () => {
    const gradients = [
      [1e3, -2e3],
      [5e3, 3e3],
      [-1e3, 1e3],
    ];
    const scaled = gradients.map((g) => g.map((x) => 1e3 * x));
    const plain = directionsOf(adadeltaScaling(), gradients);
    expect(f64(directionsOf(adadeltaScaling(), scaled))).toBeAllclose(f64(plain), { rtol: 1e-10 }); // ε/(1−ρ)g² = 2e-11
  });

  it("equals two steps computed by hand", () => {
    const [first, second] = directionsOf(adadeltaScaling({ decay: 0.5, epsilon: 1 }), [[2], [4]]);
    const d = (1 / Math.sqrt(2 + 1)) * 2; // E = ½·4
    expect(first?.[0]).toBeCloseTo(d, 14);
    expect(second?.[0]).toBeCloseTo((Math.sqrt(0.5 * d * d + 1) / Math.sqrt(0.5 * 2 + 0.5 * 16 + 1)) * 4, 14);
  });
});
