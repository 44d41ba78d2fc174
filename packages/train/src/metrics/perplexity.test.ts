import { tensor, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { perplexity } from "./perplexity.ts";

const labels = (...values: number[]) => tensor(Int32Array.from(values));

describe("perplexity", () => {
  it("is the number of classes for a model that knows nothing", () => {
    expect(metricOver(perplexity(), { outputs: zeros([3, 7]), targets: labels(0, 3, 6) })).toBeCloseTo(7, 5);
  });

  it("is one over the geometric mean of the labels' probabilities, over all batches", () => {
    const half = { outputs: tensor([[Math.log(3), 0]]), targets: labels(0) }; // p = 3/4
    const rest = { outputs: tensor([[0, 0]]), targets: labels(1) }; // p = 1/2
    expect(metricOver(perplexity(), half, rest)).toBeCloseTo(1 / Math.sqrt(3 / 8), 6);
  });

  it("leaves out positions of weight 0, whatever their label", () => {
    const outputs = tensor([[[0, 0], [9, 0]]]); // biome-ignore format: a table
    const targets = tensor([[1, -100]], { dtype: "int32" });
    expect(metricOver(perplexity(), { outputs, targets, weights: tensor([[1, 0]]) })).toBeCloseTo(2, 6);
  });

  it("refuses targets that are no labels", () => {
    const outputs = tensor([[1, 2]]);
    expect(() => metricOver(perplexity(), { outputs, targets: outputs })).toThrow("one class number for each row");
  });
});
