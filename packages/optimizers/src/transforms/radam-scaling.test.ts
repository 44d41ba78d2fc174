import { describe, expect, it } from "vitest";
import { directionsOf, f64 } from "../../testing/index.ts";
import { adamScaling } from "./adam-scaling.ts";
import { radamScaling } from "./radam-scaling.ts";

describe("radamScaling", () => {
  it("is the corrected mean of gradients for its first five steps, and scaled from the sixth (β₂ = 0.999)", () => {
    const sizes = directionsOf(
      radamScaling({ epsilon: 0 }),
      Array.from({ length: 6 }, () => [50]),
    ).map(([x]) => x);
    for (const size of sizes.slice(0, 5)) expect(size).toBeCloseTo(50, 10);
    const longest = 1999;
    const length = longest - (12 * 0.999 ** 6) / (1 - 0.999 ** 6);
    const squared = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
    expect(sizes[5]).toBeCloseTo(Math.sqrt(squared), 9); // r itself, as m̂ = √v̂; 1 − 0.999⁶ loses three digits
  });

  it("never scales where the average is too short to be trusted", () => {
    const directions = directionsOf(
      radamScaling({ decay: 0.5 }),
      Array.from({ length: 30 }, () => [50]),
    );
    expect(directions.at(-1)?.[0]).toBeCloseTo(50, 10); // ρ∞ = 3
  });

  it("tends to Adam as its average reaches full length", () => {
    const gradients = Array.from({ length: 400 }, (_, t) => [1 + Math.sin(t), Math.cos(3 * t)]);
    const options = { decay: 0.9, epsilon: 0 };
    const adam = directionsOf(adamScaling(options), gradients).at(-1) as number[];
    const rectified = directionsOf(radamScaling(options), gradients).at(-1) as number[];
    expect(f64(rectified)).toBeAllclose(f64(adam), { rtol: 1e-13 }); // 0.9⁴⁰⁰ is below 1e-18
  });
});
