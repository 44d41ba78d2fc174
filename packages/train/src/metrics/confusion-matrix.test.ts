import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { confusionMatrix } from "./confusion-matrix.ts";

const one = (classes: number[]) => tensor(classes.map((c) => [0, 1, 2].map((k) => Number(k === c))));
const labels = (...values: number[]) => tensor(Int32Array.from(values));

describe("confusionMatrix", () => {
  it("counts actual classes in rows and predicted ones in columns, over all batches", () => {
    const first = { outputs: one([0, 1, 1]), targets: labels(0, 0, 1) };
    const second = { outputs: one([2, 0]), targets: labels(1, 2) };
    expect(metricOver(confusionMatrix(), first, second)).toEqual([[1, 1, 0], [0, 1, 1], [1, 0, 0]]); // biome-ignore format: a table
  });

  it("has two classes for yes-or-no outputs", () => {
    const answers = { outputs: tensor([1, -1, 2]), targets: labels(1, 1, 0) };
    expect(metricOver(confusionMatrix(), answers)).toEqual([[0, 1], [1, 1]]); // biome-ignore format: a table
  });

  it("weighs rows, and leaves those of weight 0 out, whatever their label", () => {
    const answers = { outputs: one([0, 1, 2]), targets: labels(0, 0, 99), weights: tensor([1, 0.5, 0]) };
    expect(metricOver(confusionMatrix(), answers)).toEqual([[1, 0.5, 0], [0, 0, 0], [0, 0, 0]]); // biome-ignore format: a table
  });
});
