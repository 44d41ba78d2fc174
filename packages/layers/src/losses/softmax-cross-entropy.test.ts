import { oneHot, Rng, ShapeError, scale, shift, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, int32, random } from "../../testing/index.ts";
import { expectExactColumns, expectRandomColumns, expectRightDerivatives } from "../../testing/losses.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";

const sum = softmaxCrossEntropy({ reduction: "sum" });
const mean = softmaxCrossEntropy();

describe("softmaxCrossEntropy", () => {
  it("is −log of the label's probability, averaged over examples and positions, or summed", () => {
    const outputs = f64([[0, Math.log(3)], [0, 0]]); // biome-ignore format: probabilities ¼, ¾ and ½, ½
    const labels = int32([1, 0]);
    const total = -Math.log(0.75) - Math.log(0.5);
    expect(sum.value(outputs, labels).itemSync()).toBeCloseTo(total, 14);
    expect(mean.value(outputs, labels).itemSync()).toBeCloseTo(total / 2, 14);
    expect(mean.value(random([2, 3, 4]), int32([[0, 1, 2], [3, 0, 1]])).itemSync() * 6).toBeCloseTo( // biome-ignore format: labels
      sum.value(random([2, 3, 4]), int32([[0, 1, 2], [3, 0, 1]])).itemSync(), 12); // biome-ignore format: labels
  });

  it("has lossScale N for a mean over N examples, 1 for a sum", () => {
    expect(mean.rows(random([6, 5, 3])).lossScale(mean)).toBe(6);
    expect(sum.rows(random([6, 5, 3])).lossScale(sum)).toBe(1);
  });

  it("smooths labels to (1 − s) one-hot + s/C, as a distribution given as target does", () => {
    const [outputs, labels] = [random([3, 4]), int32([2, 0, 3])];
    const smooth = softmaxCrossEntropy({ labelSmoothing: 0.1 });
    const distribution = shift(scale(oneHot(labels, 4, { dtype: "float64" }), 0.9), 0.025);
    const expected = mean.value(outputs, distribution).itemSync();
    expect(smooth.value(outputs, labels).itemSync()).toBeCloseTo(expected, 12);
    expect(smooth.value(outputs, oneHot(labels, 4, { dtype: "float64" })).itemSync()).toBeCloseTo(expected, 12);
  });

  const rows = { outputs: random([4, 3]), targets: int32([0, 2, 1, 1]) };
  const sequences = { outputs: random([2, 3, 4]), targets: int32([[0, 1, 2], [3, 0, 1]]) }; // biome-ignore format: labels
  const soft = { outputs: random([2, 3]), targets: f64([[0.2, 0.3, 0.5], [1, 0, 0]]) }; // biome-ignore format: distributions
  const cases = [rows, sequences, soft];
  const variants = [mean, sum, softmaxCrossEntropy({ labelSmoothing: 0.2 })];

  it("has right derivatives, and a Hessian product in closed form", () => {
    for (const loss of variants)
      for (const { outputs, targets } of cases) expectRightDerivatives(loss, outputs, targets);
  });

  it("has exact label columns whose second moment is the Hessian", () => {
    for (const loss of variants) for (const { outputs, targets } of cases) expectExactColumns(loss, outputs, targets);
  });

  it("has exact columns √(p_c/S) (e_c − p), one for each position and class", () => {
    const outputs = f64([[[0, Math.log(3)], [0, 0]]]); // biome-ignore format: probabilities ¼, ¾ and ½, ½
    const columns = [...mean.labelColumns("exact", outputs, int32([[0, 0]]), new Rng(0))];
    expect(columns.length).toBe(4);
    const root = Math.sqrt(0.75 / 2);
    expect(columns[1]).toBeAllclose([[[-0.25 * root, 0.25 * root], [0, 0]]]); // biome-ignore format: position 0, class 1
  });

  it("has sampled and random-sign columns whose second moment approaches the Hessian", () => {
    for (const loss of [mean, sum]) {
      for (const source of ["sampled", "randomSign"] as const) {
        expectRandomColumns(loss, source, f64([[0.5, -0.3, 1]]), int32([0]));
        expectRandomColumns(loss, source, f64([[[0.5, -0.3], [1, 0], [0, 2]]]), int32([[0, 0, 0]])); // biome-ignore format: logits
      }
    }
  });

  it("samples p − e_y with y an outcome of the model", () => {
    const [column] = [...mean.labelColumns("sampled", f64([[0, 0]]), int32([0]), new Rng(0))];
    expect([...(column?.dataSync() ?? [])].map(Math.abs)).toEqual([0.5, 0.5]);
  });

  it("refuses other shapes, labels out of range, and bad options", () => {
    expect(() => mean.value(random([2, 3]), int32([0]))).toThrow(ShapeError);
    expect(() => mean.value(random([2, 3]), random([2]))).toThrow(ShapeError);
    expect(() => mean.value(random([1, 3]), int32([3]))).toThrow(UsageError);
    expect(() => softmaxCrossEntropy({ labelSmoothing: 1 })).toThrow(UsageError);
    expect(() => softmaxCrossEntropy({ reduction: "average" as never })).toThrow(UsageError);
  });
});
