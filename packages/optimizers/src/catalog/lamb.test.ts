import { type NestedNumbers, scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import type { Roles } from "../block-info.ts";
import type { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { adam } from "./adam.ts";
import { lamb } from "./lamb.ts";

/** w after a step with each of these gradients, from w = (3, 4) as a matrix, or as given. */
function after(optimizer: Optimizer, gradients: readonly NestedNumbers[], start: NestedNumbers = [[3, 4]]): number[] {
  return scope(() => {
    using used = optimizer;
    const parameters = { w: f64(start) };
    gradients.forEach((g, step) => {
      used.apply(parameters, used.update(updatesOf({ w: f64(g) }), { parameters, step }), step);
    });
    return [...parameters.w.dataSync()];
  });
}

// What every optimizer must do is tried in catalog.test.ts and by the optimizer suite, which find it by themselves.
describe("lamb", () => {
  it("takes a first step as computed by hand", () => {
    // r = (1, 0): the second coordinate has no gradient, so ε must be above 0
    const got = after(lamb({ learningRate: 0.1, epsilon: 1e-300 }), [[[7, 0]]]);
    expect(f64(got)).toBeAllclose([3 - 0.1 * 5, 4], { rtol: 1e-15 });
    // with decay 1 the direction is r + w = (4, 4)
    const decayed = after(lamb({ learningRate: 0.1, epsilon: 1e-300, weightDecay: 1 }), [[[7, 0]]]);
    const each = (0.1 * 5) / Math.SQRT2;
    expect(f64(decayed)).toBeAllclose([3 - each, 4 - each], { rtol: 1e-15 });
  });

  it("takes steps of length η ‖w‖, with β = 0 and without", () => {
    for (const betas of [{ momentum: 0, decay: 0 }, {}]) {
      const [a, b] = after(lamb({ learningRate: 0.1, ...betas }), [[[-2, 0.3]]]) as [number, number];
      expect(Math.hypot(a - 3, b - 4)).toBeCloseTo(0.5, 14);
    }
  });

  it("is Adam for vectors, and lets them not decay", () => {
    const gradients = [[1, 2], [-1, 0.5]]; // biome-ignore format: two gradients
    const want = after(adam({ epsilon: 1e-6 }), gradients, [3, 4]);
    expect(after(lamb({ weightDecay: 0.5 }), gradients, [3, 4])).toEqual(want);
  });

  it("takes Adam's step from a weight that is 0, and none where the gradient is 0", () => {
    expect(f64(after(lamb({ learningRate: 0.5 }), [[[1, -2]]], [[0, 0]]))).toBeAllclose([-0.5, 0.5], { rtol: 1e-5 });
    expect(after(lamb(), [[[0, 0]]])).toEqual([3, 4]);
  });

  it("knows a bias or a norm's scale by its role, whatever its shape", () => {
    const run = (roles: Roles | undefined, shape: "flat" | "matrix") =>
      scope(() => {
        using used = lamb({ learningRate: 0.1, weightDecay: 0.5 });
        const parameters = { w: f64(shape === "flat" ? [3, 4] : [[3, 4]]) };
        const gradients = updatesOf({ w: f64(shape === "flat" ? [1, 2] : [[1, 2]]) });
        used.apply(parameters, used.update(gradients, { parameters, step: 0, ...(roles && { roles }) }), 0);
        return [...parameters.w.dataSync()];
      });
    for (const role of ["norm", "bias"] as const) expect(run({ w: role }, "matrix")).toEqual(run(undefined, "flat"));
    expect(run({ w: "hidden" }, "flat")).toEqual(run(undefined, "matrix"));
    expect(run({ w: "other" }, "flat")).toEqual(run(undefined, "flat"));
  });
});
