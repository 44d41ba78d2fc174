import { scope } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64 } from "../../testing/index.ts";
import type { Optimizer } from "../optimizer.ts";
import { updatesOf } from "../transform.ts";
import { adam } from "./adam.ts";
import { adamW } from "./adam-w.ts";

function after(optimizer: Optimizer, steps: number): number[] {
  return scope(() => {
    using used = optimizer;
    const parameters = { w: f64([8, -4]) };
    for (let step = 0; step < steps; step++) {
      const gradients = updatesOf({ w: f64([Math.sin(step), 1 - step]) });
      used.apply(parameters, used.update(gradients, { parameters, step }), step);
    }
    return [...parameters.w.dataSync()];
  });
}

describe("adamW", () => {
  it("is Adam with decoupled decay 0.01", () => {
    expect(after(adamW(), 5)).toEqual(after(adam({ decoupled: true, weightDecay: 0.01 }), 5));
  });

  it("is Adam without decay", () => {
    expect(after(adamW({ weightDecay: 0 }), 5)).toEqual(after(adam(), 5));
  });

  it("shrinks weights by 1 − η·decay where there is no gradient", () => {
    scope(() => {
      const parameters = { w: f64([8]) };
      using optimizer = adamW({ learningRate: 0.5, weightDecay: 0.25 });
      optimizer.apply(parameters, optimizer.update(updatesOf({ w: f64([0]) }), { parameters, step: 0 }), 0);
      expect([...parameters.w.dataSync()]).toEqual([7]);
    });
  });
});
