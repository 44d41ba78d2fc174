import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { squaredError } from "./squared-error.ts";

describe("squaredError", () => {
  it("is the mean over rows and outputs, over all batches", () => {
    const first = { outputs: tensor([[1, 2], [3, 4]]), targets: tensor([[1, 0], [0, 4]]) }; // biome-ignore format: a table
    const second = { outputs: tensor([[5, 5]]), targets: tensor([[5, 6]]) };
    expect(metricOver(squaredError(), first, second)).toBeCloseTo((4 + 9 + 1) / 6, 6);
  });

  it("weighs rows, or single elements", () => {
    const answers = { outputs: tensor([[1, 2], [3, 4]]), targets: tensor([[0, 0], [0, 0]]) }; // biome-ignore format: a table
    expect(metricOver(squaredError(), { ...answers, weights: tensor([1, 0]) })).toBeCloseTo(2.5, 6);
    const elements = tensor([[0, 1], [1, 0]]); // biome-ignore format: a table
    expect(metricOver(squaredError(), { ...answers, weights: elements })).toBeCloseTo(6.5, 6);
  });

  it("refuses labels, and targets of another shape", () => {
    const [outputs, labels] = [tensor([1, 2]), tensor(Int32Array.of(1, 2))];
    expect(() => metricOver(squaredError(), { outputs, targets: labels })).toThrow("targets are labels");
    expect(() => metricOver(squaredError(), { outputs, targets: tensor([[1], [2]]) })).toThrow("shape of the outputs");
  });
});
