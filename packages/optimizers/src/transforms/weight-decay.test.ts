import { factoredGradient } from "@kronograd/autograd";
import { scope, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, layerBlock, layerGradient, valuesOf } from "../../testing/index.ts";
import { chain } from "../chain.ts";
import { Optimizer } from "../optimizer.ts";
import { type Transform, updatesOf } from "../transform.ts";
import { adamScaling } from "./adam-scaling.ts";
import { weightDecay } from "./weight-decay.ts";

const optimizerOf = (...links: readonly Transform[]) =>
  new Optimizer({ name: "test", learningRate: 0.5, chain: chain(...links) });

describe("weightDecay", () => {
  it("adds amount · w, which is the gradient of the penalty ½ amount ‖w‖²", () => {
    scope(() => {
      const parameters = { w: f64([10, -20]) };
      const updates = optimizerOf(weightDecay(0.1)).update(updatesOf({ w: f64([1, 1]) }), { parameters, step: 0 });
      expect(valuesOf(updates, "w")).toEqual([2, -1]);
    });
  });

  it("after a scaling acts on the weights alone: w ← (1 − η·amount) w − η u", () => {
    scope(() => {
      const parameters = { w: f64([8]) };
      using optimizer = optimizerOf(adamScaling({ epsilon: 0 }), weightDecay(0.25));
      const updates = optimizer.update(updatesOf({ w: f64([3]) }), { parameters, step: 0 });
      optimizer.apply(parameters, updates, 0);
      expect([...parameters.w.dataSync()]).toEqual([8 * (1 - 0.5 * 0.25) - 0.5]);
    });
  });

  it("decays by name, and leaves the rest as it is", () => {
    scope(() => {
      const parameters = { "a.weight": f64([[1, 2]]), "a.bias": f64([3]) };
      const decay = weightDecay((name) => (name.endsWith(".bias") ? 0 : 1));
      const updates = optimizerOf(decay).update(new Map([["a", layerGradient("a", [[0, 0]], [7])]]), {
        parameters,
        step: 0,
      });
      expect(valuesOf(updates, "a")).toEqual([1, 2, 7]);
    });
  });

  it("keeps the factors of a block that does not decay", () => {
    scope(() => {
      const gradient = factoredGradient(layerBlock("a", 1, 2), {
        g: f64([[1]]),
        a: f64([[2, 3]]),
        scale: 1,
        hasBias: true,
      });
      const parameters = { "a.weight": f64([[1, 2]]), "a.bias": f64([3]) };
      const update = (amount: number) =>
        optimizerOf(weightDecay(amount)).update(new Map([["a", gradient]]), { parameters, step: 0 });
      expect(update(0).get("a")).toBe(gradient);
      expect(valuesOf(update(1), "a")).toEqual([2 + 1, 3 + 2, 1 + 3]);
    });
  });

  it("refuses a negative amount, given at once or by name", () => {
    expect(() => weightDecay(-1)).toThrow(UsageError);
    const updates = updatesOf({ w: f64([1]) });
    const late = () => optimizerOf(weightDecay(() => -1)).update(updates, { parameters: { w: f64([1]) }, step: 0 });
    expect(late).toThrow("weightDecay: amount is out of range (expected a number ≥ 0, got -1).");
  });
});
