import { describe, expect, it } from "vitest";
import { directionsOf, f64 } from "../../testing/index.ts";
import { adamScaling } from "./adam-scaling.ts";

/** Rounding of a few float64 operations. */
const rounding = 1e-14;

describe("adamScaling", () => {
  it("has size 1 in every coordinate of the first direction, whatever the gradient's scale", () => {
    const [first] = directionsOf(adamScaling({ epsilon: 0 }), [[3, -1e-6, 1e6]]);
    expect(f64(first as number[])).toBeAllclose(f64([1, -1, 1]), { rtol: rounding });
  });

  it("equals two steps computed by hand", () => {
    const [first, second] = directionsOf(adamScaling({ momentum: 0.5, decay: 0.75, epsilon: 1 }), [[2], [4]]);
    // m₁ = ½·2 = 1, m̂ = 1/½ = 2; v₁ = ¼·4 = 1, v̂ = 1/¼ = 4
    expect(first).toEqual([2 / (2 + 1)]);
    // m₂ = ½·1 + ½·4 = 2.5, m̂ = 2.5/¾; v₂ = ¾·1 + ¼·16 = 4.75, v̂ = 4.75/(7/16)
    expect(f64(second as number[])).toBeAllclose(f64([2.5 / 0.75 / (Math.sqrt(4.75 / 0.4375) + 1)]), {
      rtol: rounding,
    });
  });

  it("does not depend on the scale of the loss when ε is 0", () => {
    const gradients = [
      [1, -2],
      [0.5, 3],
      [-1, 0.1],
    ];
    const scaled = gradients.map((g) => g.map((x) => 1e4 * x));
    const plain = directionsOf(adamScaling({ epsilon: 0 }), gradients);
    expect(f64(directionsOf(adamScaling({ epsilon: 0 }), scaled))).toBeAllclose(f64(plain), { rtol: rounding });
  });

  it("divides by the largest mean of squares so far with amsgrad", () => {
    const gradients = [[100], ...Array.from({ length: 50 }, () => [1])];
    const options = { momentum: 0, decay: 0.5, epsilon: 0 };
    const plain = directionsOf(adamScaling(options), gradients).at(-1) as number[];
    const bounded = directionsOf(adamScaling({ ...options, amsgrad: true }), gradients).at(-1) as number[];
    expect(plain[0]).toBeCloseTo(1, 10); // the large gradient is forgotten
    expect(bounded[0]).toBeCloseTo(1 / Math.sqrt(0.5 * 100 ** 2), 10); // v stays at (1−β₂)·100²
  });
});
