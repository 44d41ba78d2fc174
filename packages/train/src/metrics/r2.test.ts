import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { r2 } from "./r2.ts";

const y = [1, 2, 4, 7];
const p = [1.5, 1.5, 4, 6];
const byHand = (targets: number[], outputs: number[]) => {
  const mean = targets.reduce((a, b) => a + b) / targets.length;
  const error = targets.reduce((sum, t, i) => sum + (t - (outputs[i] as number)) ** 2, 0);
  return 1 - error / targets.reduce((sum, t) => sum + (t - mean) ** 2, 0);
};

describe("r2", () => {
  it("is 1 − error / variance, however rows are cut into batches", () => {
    const rows = (from: number, to: number) => ({ outputs: tensor(p.slice(from, to)), targets: tensor(y.slice(from, to)) }); // biome-ignore format: short
    for (const cuts of [
      [0, 4],
      [0, 1, 4],
      [0, 1, 2, 3, 4],
    ]) {
      // biome-ignore format: short
      const batches = cuts.slice(1).map((to, i) => rows(cuts[i] as number, to));
      expect(metricOver(r2(), ...batches)).toBeCloseTo(byHand(y, p), 6);
    }
  });

  it("is the mean over the outputs, and leaves out rows of weight 0", () => {
    const targets = tensor([[1, 1], [2, 2], [4, 4], [7, 7], [99, 99]]); // biome-ignore format: a table
    const outputs = tensor([[1.5, 1], [1.5, 2], [4, 4], [6, 7], [0, 0]]); // biome-ignore format: a table
    const weights = tensor([1, 1, 1, 1, 0]);
    expect(metricOver(r2(), { outputs, targets, weights })).toBeCloseTo((byHand(y, p) + 1) / 2, 6);
  });

  it("loses no digits where targets are far from 0", () => {
    const far = (values: number[]) => tensor(values.map((value) => value + 4096));
    const batches = [0, 2].map((i) => ({ outputs: far(p.slice(i, i + 2)), targets: far(y.slice(i, i + 2)) }));
    expect(metricOver(r2(), ...batches)).toBeCloseTo(byHand(y, p), 6);
  });

  it("is NaN where targets do not vary", () => {
    expect(metricOver(r2(), { outputs: tensor([1, 2]), targets: tensor([3, 3]) })).toBeNaN();
  });
});
