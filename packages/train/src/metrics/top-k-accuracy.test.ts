import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { topKAccuracy } from "./top-k-accuracy.ts";

const outputs = tensor([[4, 3, 2, 1], [1, 4, 2, 3], [1, 2, 3, 4]]); // biome-ignore format: a table
const targets = tensor(Int32Array.of(1, 2, 0)); // ranks 2, 3 and 4

describe("topKAccuracy", () => {
  it("counts labels among the k largest outputs", () => {
    const at = (k: number) => metricOver(topKAccuracy({ k }), { outputs, targets });
    expect([1, 2, 3, 4].map(at)).toEqual([0, 1 / 3, 2 / 3, 1]);
  });

  it("leaves out rows of weight 0, whatever their label", () => {
    const masked = { outputs, targets: tensor(Int32Array.of(1, 2, -100)), weights: tensor([1, 1, 0]) };
    expect(metricOver(topKAccuracy({ k: 2 }), masked)).toBe(0.5);
  });

  it("never counts NaN as right", () => {
    const broken = { outputs: tensor([[Number.NaN, 1], [Number.NaN, 1]]), targets: tensor(Int32Array.of(0, 1)) }; // biome-ignore format: a table
    expect(metricOver(topKAccuracy({ k: 1 }), broken)).toBe(0);
  });

  it("is called by its k, and refuses k below 1 and targets that are no labels", () => {
    expect(topKAccuracy().name).toBe("top5");
    for (const k of [0, 1.5]) expect(() => topKAccuracy({ k })).toThrow("k must be a whole number ≥ 1");
    expect(() => metricOver(topKAccuracy(), { outputs, targets: outputs })).toThrow("one class number for each row");
  });
});
