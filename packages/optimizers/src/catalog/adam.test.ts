import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import type { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { adam } from "./adam.ts";

/** w after one step with this gradient, from w = (8, −4). */
function afterOne(optimizer: Optimizer, gradient: readonly number[]): number[] {
  return scope(() => {
    using used = optimizer;
    const parameters = { w: f64([8, -4]) };
    used.apply(parameters, used.update(updatesOf({ w: f64(gradient) }), { parameters, step: 0 }), 0);
    return [...parameters.w.dataSync()];
  });
}

describe("adam", () => {
  it("takes a first step of size α in every coordinate, 0.001 by default", () => {
    expect(f64(afterOne(adam({ epsilon: 0 }), [1e-3, -40]))).toBeAllclose(f64([8 - 1e-3, -4 + 1e-3]), { rtol: 1e-15 });
  });

  it("hides a coupled decay behind its scaling, and shows a decoupled one", () => {
    const options = { learningRate: 0.5, epsilon: 0, weightDecay: 0.25 };
    expect(afterOne(adam(options), [0, 0])).toEqual([7.5, -3.5]); // the size of a step, whatever the decay
    expect(afterOne(adam({ ...options, decoupled: true }), [1, 1])).toEqual([8 - 0.5 - 1, -4 - 0.5 + 0.5]);
  });
});
