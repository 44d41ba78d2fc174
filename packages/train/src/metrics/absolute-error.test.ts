import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { absoluteError } from "./absolute-error.ts";

describe("absoluteError", () => {
  it("is the mean over rows and outputs, by weight", () => {
    const answers = { outputs: tensor([[1, -2], [3, 4]]), targets: tensor([[0, 0], [0, 0]]) }; // biome-ignore format: a table
    expect(metricOver(absoluteError(), answers)).toBe(2.5);
    expect(metricOver(absoluteError(), answers, { ...answers, weights: tensor([0, 1]) })).toBeCloseTo(17 / 6, 6);
  });
});
