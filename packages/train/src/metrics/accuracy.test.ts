import { tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { metricOver } from "../../testing/metrics.ts";
import { accuracy } from "./accuracy.ts";

const labels = (...values: number[]) => tensor(Int32Array.from(values));

describe("accuracy", () => {
  it("is the share of rows whose largest output is at their label, over all batches", () => {
    const first = { outputs: tensor([[3, 1], [0, 2], [5, 4]]), targets: labels(0, 0, 0) }; // biome-ignore format: a table
    const second = { outputs: tensor([[1, 9]]), targets: labels(1) };
    expect(metricOver(accuracy(), first, second)).toBe(0.75);
  });

  it("takes one logit a row against ½: a right one-logit classifier had accuracy 0", () => {
    const outputs = tensor([2, -1, 0.5, -3]);
    expect(metricOver(accuracy(), { outputs, targets: labels(1, 0, 0, 0) })).toBe(0.75);
    const column = { outputs: tensor([[2], [-1]]), targets: tensor([[1], [1]], { dtype: "int32" }) };
    expect(metricOver(accuracy(), column)).toBe(0.5);
  });

  it("counts each position, and no row that is not there", () => {
    const outputs = tensor([[[2, 1], [0, 1]], [[1, 0], [1, 0]]]); // biome-ignore format: a table
    const targets = tensor([[0, 1], [1, -100]], { dtype: "int32" }); // biome-ignore format: a table
    expect(metricOver(accuracy(), { outputs, targets })).toBe(0.5);
    const weights = tensor([[1, 1], [1, 0]]); // biome-ignore format: a table
    expect(metricOver(accuracy(), { outputs, targets, weights })).toBeCloseTo(2 / 3, 6);
    expect(metricOver(accuracy(), { outputs, targets, weights: tensor([3, 0]) })).toBe(1);
  });

  it("takes distributions by their largest share", () => {
    const measured = accuracy().measure(
      tensor([
        [1, 2],
        [3, 1],
      ]),
      {
        // biome-ignore format: a table
        inputs: tensor(0),
        targets: tensor([[0.2, 0.8], [0.4, 0.6]]), // biome-ignore format: a table
        predictions: labels(1, 0),
        weights: null,
      },
    );
    expect(measured.total.itemSync()).toBe(1);
  });

  it("is NaN without rows, and refuses labels that do not fit", () => {
    expect(metricOver(accuracy())).toBeNaN();
    const outputs = tensor([[1, 2]]);
    expect(() => metricOver(accuracy(), { outputs, targets: labels(1, 0) })).toThrow("one label for each prediction");
  });
});
