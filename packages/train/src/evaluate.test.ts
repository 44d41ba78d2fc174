import { defineDataset } from "@kronograd/data";
import {
  binaryCrossEntropyWithLogits,
  Dense,
  meanSquaredError,
  mlp,
  reshapeTo,
  Sequential,
  softmaxCrossEntropy,
} from "@kronograd/layers";
import { cpu, Device, memory, Rng, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { points } from "../testing/index.ts";
import { evaluate, numberOf } from "./evaluate.ts";
import { absoluteError, accuracy, confusionMatrix, f1, perplexity, squaredError } from "./metrics/index.ts";

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
    const { metrics, loss } = await evaluate(identity, softmaxCrossEntropy(), data.test, { batch: 3 });
    expect(metrics).toEqual({ accuracy: 0.75 });
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
        expect(parts.metrics).toEqual(whole.metrics);
      }
    }
  });

  it("gives R² in regression, and what it is asked for", async () => {
    const rows = { inputs: [[1], [2], [3]], targets: [[2], [4], [9]] };
    const data = defineDataset({ name: "line", task: "regression", source: "by hand", train: rows, test: rows });
    const model = mlp([1, 1], { rng: new Rng(0) });
    expect(Object.keys((await evaluate(model, meanSquaredError(), data.test)).metrics)).toEqual(["r2"]);
    const metrics = [squaredError(), absoluteError()];
    const seen = await evaluate(model, meanSquaredError(), data.test, { metrics, batch: 2 });
    expect(seen.metrics.mse).toBeCloseTo(seen.loss, 6);
    expect(seen.metrics.mae).toBeGreaterThan(0);
    expect((await evaluate(model, meanSquaredError(), data.test, { metrics: [] })).metrics).toEqual({});
  });

  it("counts a one-logit classifier right: its accuracy was 0", async () => {
    const rows = { inputs: [[2], [-1], [0.5], [-3]], targets: [1, 0, 0, 0] };
    const data = defineDataset({
      name: "signs",
      task: "classification",
      classes: 2,
      source: "by hand",
      train: rows,
      test: rows,
    });
    const model = new Sequential([new Dense({ in: 1, out: 1, bias: false, weight: tensor([[1]]) }), reshapeTo([])], {
      rng: new Rng(0),
    });
    for (const batch of [1, 3, 4]) {
      const { metrics } = await evaluate(model, binaryCrossEntropyWithLogits(), data.test, { batch });
      expect(metrics.accuracy).toBe(0.75);
    }
  });

  it("leaves out rows of weight 0 and labels that are ignored, from the loss and from metrics", async () => {
    const model = mlp([2, 3], { rng: new Rng(0) });
    const loss = softmaxCrossEntropy({ ignoreIndex: -1 });
    const parts = { name: "masked", task: "classification", classes: 3, ignoreIndex: -1, source: "by hand" } as const;
    const whole = { inputs: [[1, 2], [3, 1], [9, 9], [0, 1], [5, 5]], targets: [0, 2, -1, 1, 1], weights: [1, 2, 1, 1, 0] }; // biome-ignore format: a table
    const kept = { inputs: [[1, 2], [3, 1], [0, 1]], targets: [0, 2, 1], weights: [1, 2, 1] }; // biome-ignore format: a table
    const metrics = [accuracy(), confusionMatrix(), perplexity()];
    const seen = async (rows: typeof whole, batch: number) => {
      const { test } = defineDataset({ ...parts, train: rows, test: rows });
      return evaluate(model, loss, test, { metrics, batch });
    };
    const expected = await seen(kept, 3);
    for (const batch of [1, 2, 5]) {
      const { loss: own, metrics: numbers, tables } = await seen(whole, batch);
      expect(own).toBeCloseTo(expected.loss, 5);
      expect(numbers.accuracy).toBeCloseTo(expected.metrics.accuracy as number, 6);
      expect(numbers.perplexity).toBeCloseTo(Math.exp(own), 4);
      expect(tables).toEqual(expected.tables);
    }
  });

  it("does not take a loss's class weights for rows that count more", async () => {
    const model = mlp([2, 3], { rng: new Rng(0) });
    const plain = await evaluate(model, softmaxCrossEntropy(), points.test);
    const weighted = await evaluate(model, softmaxCrossEntropy({ classWeights: [1, 5, 9] }), points.test);
    expect(weighted.metrics.accuracy).toBeCloseTo(plain.metrics.accuracy as number, 6);
    expect(weighted.loss).not.toBeCloseTo(plain.loss, 3);
  });

  it("refuses two metrics of one name", async () => {
    const twice = evaluate(mlp([2, 3], { rng: new Rng(0) }), softmaxCrossEntropy(), points.test, {
      metrics: [accuracy(), accuracy()],
    });
    await expect(twice).rejects.toThrow('two numbers of an evaluation are called "accuracy"');
  });

  it("leaves no tensor behind", async () => {
    const device = new Device(cpu.backend); // with a count of its own
    const model = mlp([2, 5, 3], { rng: new Rng(0), device });
    const { tensors } = memory(device);
    await evaluate(model, softmaxCrossEntropy(), points.test, { batch: 6, device, metrics: [accuracy(), f1()] });
    expect(memory(device).tensors).toBe(tensors);
  });
});

describe("numberOf", () => {
  it("finds the loss and metrics by name, and refuses others", () => {
    const seen = { loss: 2, metrics: { accuracy: 0.5 } };
    expect([numberOf(seen, "loss"), numberOf(seen, "accuracy")]).toEqual([2, 0.5]);
    expect(() => numberOf(seen, "f1")).toThrow('there is no number "f1"');
  });
});
