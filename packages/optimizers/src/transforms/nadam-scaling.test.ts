import { describe, expect, it } from "vitest";
import { directionsOf, f64 } from "../../testing/index.ts";
import { adamScaling } from "./adam-scaling.ts";
import { nadamScaling } from "./nadam-scaling.ts";

const gradients = [
  [1, -2],
  [0.5, 3],
  [-1, 0.1],
  [2, 2],
];
/** Rounding of a few float64 operations. */
const rounding = 1e-14;

describe("nadamScaling", () => {
  it("is Adam where there is no momentum to look along", () => {
    const plain = directionsOf(adamScaling({ momentum: 0 }), gradients);
    expect(f64(directionsOf(nadamScaling({ momentum: 0 }), gradients))).toBeAllclose(f64(plain), { rtol: rounding });
  });

  it("weighs the first gradient with 1 + μ₂(1−β₁)/(1−μ₁μ₂)", () => {
    const now = 0.9 * (1 - 0.5 * 0.96 ** 0.004);
    const ahead = 0.9 * (1 - 0.5 * 0.96 ** 0.008);
    const [first] = directionsOf(nadamScaling({ epsilon: 0 }), [[7, -0.3]]);
    const size = 1 + (ahead * 0.1) / (1 - now * ahead);
    expect(f64(first as number[])).toBeAllclose(f64([size, -size]), { rtol: rounding });
  });

  it("counts μ₁ twice under correction pytorch1", () => {
    const now = 0.9 * (1 - 0.5 * 0.96 ** 0.004);
    const ahead = 0.9 * (1 - 0.5 * 0.96 ** 0.008);
    const [first] = directionsOf(nadamScaling({ epsilon: 0, correction: "pytorch1" }), [[7]]);
    expect(first?.[0]).toBeCloseTo(1 + (ahead * 0.1) / (1 - now * now * ahead), 14);
  });

  it("carries the product of its momenta from step to step", () => {
    const momentumAt = (t: number) => 0.9 * (1 - 0.5 * 0.96 ** (t * 0.004));
    const third = directionsOf(nadamScaling({ decay: 0, epsilon: 0 }), [[1], [1], [1]])[2] as number[];
    const product = momentumAt(1) * momentumAt(2) * momentumAt(3);
    const mean = 1 - 0.9 ** 3; // of a constant gradient 1
    const wanted = (1 - momentumAt(3)) / (1 - product) + (momentumAt(4) * mean) / (1 - product * momentumAt(4));
    expect(third[0]).toBeCloseTo(wanted, 13);
  });
});
