import { type NestedNumbers, scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import type { Roles } from "../block-info.ts";
import type { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { lars } from "./lars.ts";
import { sgd } from "./sgd.ts";

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
describe("lars", () => {
  it("takes two steps as computed by hand", () => {
    // ‖w‖ = 5, ‖g‖ = 2: λ = ½ · 5/2, v = (0, 2.5), w = (3, 1.5)
    const first = after(lars({ trust: 0.5, momentum: 0.5 }), [[[0, 2]]]);
    expect(first).toEqual([3, 1.5]);
    // ‖w‖ = √11.25, ‖g‖ = 1: λ = ½ √11.25, v = (λ, 1.25)
    const second = after(lars({ trust: 0.5, momentum: 0.5 }), [[[0, 2]], [[1, 0]]]);
    expect(f64(second)).toBeAllclose([3 - Math.sqrt(11.25) / 2, 0.25], { rtol: 1e-15 });
  });

  it("takes the decay into the ratio and into the step", () => {
    // λ = 5 / (2 + ½ · 5), step λ (g + w/2)
    const rate = 5 / 4.5;
    const got = after(lars({ trust: 1, momentum: 0, weightDecay: 0.5 }), [[[0, 2]]]);
    expect(f64(got)).toBeAllclose([3 - rate * 1.5, 4 - rate * 4], { rtol: 1e-15 });
  });

  it("does not depend on the gradient's scale without decay", () => {
    const path = (scale: number) =>
      after(lars({ trust: 0.1 }), [[[scale, 2 * scale]], [[-scale, 0]], [[0, 3 * scale]]]);
    expect(f64(path(1e4))).toBeAllclose(path(1), { rtol: 1e-14 });
    expect(f64(path(1e-4))).toBeAllclose(path(1), { rtol: 1e-14 });
  });

  it("is plain momentum for vectors, and lets them not decay", () => {
    const gradients = [[1, 2], [-1, 0.5]]; // biome-ignore format: two gradients
    const options = { learningRate: 0.25, momentum: 0.5 };
    const want = after(sgd(options), gradients, [3, 4]);
    expect(after(lars({ ...options, weightDecay: 0.5 }), gradients, [3, 4])).toEqual(want);
  });

  it("takes a plain step from a weight that is 0, and none where the gradient is 0", () => {
    expect(after(lars({ momentum: 0 }), [[[1, 2]]], [[0, 0]])).toEqual([-1, -2]);
    expect(after(lars(), [[[0, 0]]])).toEqual([3, 4]);
  });

  it("knows a bias or a norm's scale by its role, whatever its shape", () => {
    const run = (roles: Roles | undefined, shape: "flat" | "matrix") =>
      scope(() => {
        using used = lars({ learningRate: 0.1, weightDecay: 0.5 });
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
