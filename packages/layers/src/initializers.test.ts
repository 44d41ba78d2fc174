import { mean, Rng, type Shape, square } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import * as initializers from "./initializers.ts";

const shape: Shape = [100, 200];
const draw = (initializer: initializers.Initializer, seed = 0) =>
  initializer(shape, { rng: new Rng(seed), fanIn: 200, fanOut: 100, dtype: "float64" });

/** 20 000 draws: the mean square is within 3 % of the variance (three deviations of a normal's are 3.0 %). */
const within = 0.03;

describe("initializers", () => {
  it.each([
    ["fanInUniform", initializers.fanInUniform, 1 / 600],
    ["heNormal", initializers.heNormal, 2 / 200],
    ["heUniform", initializers.heUniform, 2 / 200],
    ["glorotNormal", initializers.glorotNormal, 2 / 300],
    ["glorotUniform", initializers.glorotUniform, 2 / 300],
    ["lecunNormal", initializers.lecunNormal, 1 / 200],
    ["gaussian", initializers.gaussian(0.02), 0.0004],
  ] as const)("%s has variance %d", (_, initializer, variance) => {
    expect(mean(square(draw(initializer))).itemSync() / variance).toBeGreaterThan(1 - within);
    expect(mean(square(draw(initializer))).itemSync() / variance).toBeLessThan(1 + within);
    expect(Math.abs(mean(draw(initializer)).itemSync())).toBeLessThan(0.03 * Math.sqrt(variance));
  });

  it("fanInUniform stays within ±1/√fanIn", () => {
    const largest = Math.max(...[...draw(initializers.fanInUniform).dataSync()].map(Math.abs));
    expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(200));
    expect(largest).toBeGreaterThan(0.999 / Math.sqrt(200));
  });

  it("constant is the same everywhere", () => {
    expect(new Set(draw(initializers.constant(3)).dataSync())).toEqual(new Set([3]));
  });

  it("draws the same from the same stream", () => {
    expect(draw(initializers.heNormal, 1).dataSync()).toEqual(draw(initializers.heNormal, 1).dataSync());
    expect(draw(initializers.heNormal, 1).dataSync()).not.toEqual(draw(initializers.heNormal, 2).dataSync());
  });
});
