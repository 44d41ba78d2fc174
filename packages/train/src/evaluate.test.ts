import { defineDataset } from "@kronograd/data";
import { Dense, meanSquaredError, mlp, Sequential, softmaxCrossEntropy } from "@kronograd/layers";
import { cpu, Device, memory, Rng, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { points } from "../testing/index.ts";
import { evaluate } from "./evaluate.ts";

describe("evaluate", () => {
  it("counts the rows whose largest output is at their label", async () => {
    // The identity as a model: outputs are the inputs themselves.
    const identity = new Sequential([
      new Dense({ in: 2, out: 2, bias: false, weight: tensor([[1, 0], [0, 1]]) }), // biome-ignore format: a matrix
    ], { rng: new Rng(0) }); // biome-ignore format: short
    const rows = { inputs: new Float32Array([3, 1, 0, 2, 5, 4, 1, 9]), targets: new Int32Array([0, 0, 0, 1]) };
    const data = defineDataset({
      name: "four",
      task: "classification",
      classes: 2,
      inputShape: [2],
      source: "by hand",
      train: rows,
      test: rows,
    });
    const { accuracy, loss } = await evaluate(identity, softmaxCrossEntropy(), data.test, { batch: 3 });
    expect(accuracy).toBe(0.75);
    const losses = [[3, 1], [0, 2], [5, 4], [9, 1]].map(([right = 0, other = 0]) => Math.log1p(Math.exp(other - right))); // biome-ignore format: pairs
    expect(loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 4, 6);
  });

  it("does not depend on how many rows go at a time, but for rounding", async () => {
    const model = mlp([2, 5, 3], { rng: new Rng(0), dtype: "float64" });
    for (const reduction of ["mean", "sum"] as const) {
      const loss = softmaxCrossEntropy({ reduction });
      const whole = await evaluate(model, loss, points.test, { dtype: "float64" });
      for (const batch of [1, 7, 20]) {
        const parts = await evaluate(model, loss, points.test, { batch, dtype: "float64" });
        expect(parts.loss).toBeCloseTo(whole.loss, 12);
        expect(parts.accuracy).toBe(whole.accuracy);
      }
    }
  });

  it("gives no accuracy in regression", async () => {
    const rows = { inputs: new Float32Array([1, 2]), targets: new Float32Array([1, 2]) };
    const data = defineDataset({
      name: "line",
      task: "regression",
      inputShape: [1],
      targetShape: [1],
      source: "by hand",
      train: rows,
      test: rows,
    });
    const seen = await evaluate(mlp([1, 1], { rng: new Rng(0) }), meanSquaredError(), data.test);
    expect(Object.keys(seen)).toEqual(["loss"]);
  });

  it("leaves no tensor behind", async () => {
    const device = new Device(cpu.backend); // with a count of its own
    const model = mlp([2, 5, 3], { rng: new Rng(0), device });
    const { tensors } = memory(device);
    await evaluate(model, softmaxCrossEntropy(), points.test, { batch: 6, device });
    expect(memory(device).tensors).toBe(tensors);
  });
});
