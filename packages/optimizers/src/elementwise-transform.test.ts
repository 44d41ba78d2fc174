import { scope, tensor, tensorsIn } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, valuesOf } from "../testing/index.ts";
import { Optimizer } from "./optimizer.ts";
import { updatesOf } from "./transform.ts";
import { adamScaling } from "./transforms/adam-scaling.ts";
import { momentum } from "./transforms/momentum.ts";

describe("elementwiseTransform", () => {
  it("counts the steps of each parameter by itself, and keeps the state of one that is not there", () => {
    scope(() => {
      const parameters = { early: f64([0]), late: f64([0]) };
      using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: adamScaling({ epsilon: 0 }) });
      optimizer.update(updatesOf({ early: f64([2]) }), { parameters, step: 0 });
      const second = optimizer.update(updatesOf({ late: f64([-7]) }), { parameters, step: 1 });
      expect(valuesOf(second, "late")[0]).toBeCloseTo(-1, 14); // its first step, so of size 1
      expect(optimizer.state).toMatchObject({ early: { steps: 1 }, late: { steps: 1 } });
      optimizer.update(updatesOf({ early: f64([2]) }), { parameters, step: 2 });
      expect(optimizer.state).toMatchObject({ early: { steps: 2 }, late: { steps: 1 } });
    });
  });

  it("keeps its state in the gradient's dtype and shape", () => {
    scope(() => {
      const gradient = tensor([[1, 2, 3]], { dtype: "float32" });
      using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: momentum() });
      optimizer.update(updatesOf({ w: gradient }), { parameters: { w: gradient }, step: 0 });
      const [velocity] = [...tensorsIn(optimizer.state)];
      expect([velocity?.dtype, velocity?.shape]).toEqual(["float32", [1, 3]]);
    });
  });

  it("moves state and direction on in one pass", () => {
    scope(() => {
      const gradient = f64([1, 2]);
      using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: adamScaling() });
      const updates = updatesOf({ w: gradient });
      optimizer.update(updates, { parameters: { w: gradient }, step: 0 });
      const { device } = gradient;
      const calls = () => [...device.coverage.values()].reduce((total, row) => total + row.kernel + row.reference, 0);
      const before = calls();
      optimizer.update(updates, { parameters: { w: gradient }, step: 1 });
      expect(calls() - before).toBe(1);
    });
  });
});
