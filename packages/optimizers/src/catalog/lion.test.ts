import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import type { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { lion } from "./lion.ts";
import { sgd } from "./sgd.ts";

/** w after a step with each of these gradients, from w = (8, −4). */
function after(optimizer: Optimizer, gradients: readonly (readonly number[])[]): number[] {
  return scope(() => {
    using used = optimizer;
    const parameters = { w: f64([8, -4]) };
    gradients.forEach((g, step) => {
      used.apply(parameters, used.update(updatesOf({ w: f64(g) }), { parameters, step }), step);
    });
    return [...parameters.w.dataSync()];
  });
}

// What every optimizer must do is tried in catalog.test.ts and by the optimizer suite, which find it by themselves.
describe("lion", () => {
  it("takes two steps as computed by hand", () => {
    const options = { learningRate: 0.5, momentum: 0.5, decay: 0.75 };
    expect(after(lion(options), [[2, 1]])).toEqual([7.5, -4.5]);
    // m = (½, ¼); ½ m + ½ g = (−¾, ⅛) for g = (−2, 0)
    expect(after(lion(options), [[2, 1], [-2, 0]])).toEqual([8, -5]); // biome-ignore format: two gradients
  });

  it("reads the mean of before the step in the sign, and another decay in the mean", () => {
    // the second sign is that of 0.9 m − 0.1, where m is 1 for β₂ = 0 and 0.01 for β₂ = 0.99
    expect(after(lion({ learningRate: 1, decay: 0 }), [[1, 1], [-1, -1]])).toEqual([6, -6]); // biome-ignore format: two gradients
    expect(after(lion({ learningRate: 1 }), [[1, 1], [-1, -1]])).toEqual([8, -4]); // biome-ignore format: two gradients
  });

  it("does not depend on the gradient's scale, and stays where the gradient was always 0", () => {
    const path = (scale: number) => after(lion(), [[scale, -2 * scale], [-scale, 0]]); // biome-ignore format: two gradients
    expect(path(1e6)).toEqual(path(1));
    expect(after(lion(), [[0, 0]])).toEqual([8, -4]);
  });

  it("decays beside the sign: w ← w (1 − η d)", () => {
    const options = { learningRate: 0.5, weightDecay: 0.25 };
    expect(after(lion(options), [[0, 0]])).toEqual(after(sgd({ ...options, decoupled: true }), [[0, 0]]));
  });
});
