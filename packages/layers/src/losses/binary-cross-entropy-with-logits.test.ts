import { ShapeError, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, int32, random } from "../../testing/index.ts";
import { expectExactColumns, expectRandomColumns, expectRightDerivatives } from "../../testing/losses.ts";
import { binaryCrossEntropyWithLogits } from "./binary-cross-entropy-with-logits.ts";

const mean = binaryCrossEntropyWithLogits();
const sum = binaryCrossEntropyWithLogits({ reduction: "sum" });
const soft = f64([[0.2, 0.9, 0], [1, 0.5, 0.3]]); // biome-ignore format: targets

describe("binaryCrossEntropyWithLogits", () => {
  it("is −t log p − (1 − t) log(1 − p), averaged over all elements or summed", () => {
    const z = f64([[0, Math.log(3)]]); // p = ½, ¾
    const total = -Math.log(0.5) - 0.4 * Math.log(0.75) - 0.6 * Math.log(0.25);
    expect(sum.value(z, f64([[1, 0.4]])).itemSync()).toBeCloseTo(total, 14);
    expect(mean.value(z, f64([[1, 0.4]])).itemSync()).toBeCloseTo(total / 2, 14);
  });

  it("takes whole-number targets, and logits far from 0", () => {
    expect(mean.value(f64([[-800, 800]]), int32([[0, 1]])).itemSync()).toBe(0);
    expect(mean.value(f64([[800]]), int32([[0]])).itemSync()).toBe(800);
  });

  it("has right derivatives, and a Hessian product in closed form", () => {
    for (const loss of [mean, sum]) expectRightDerivatives(loss, random([2, 3]), soft);
  });

  it("has exact label columns whose second moment is the Hessian", () => {
    for (const loss of [mean, sum]) expectExactColumns(loss, random([2, 3]), soft);
  });

  it("has sampled and random-sign columns whose second moment approaches the Hessian", () => {
    for (const loss of [mean, sum]) {
      for (const source of ["sampled", "randomSign"] as const)
        expectRandomColumns(loss, source, random([1, 3]), random([1, 3]));
    }
  });

  it("weighs positive targets, all alike or each output by its own", () => {
    const [z, t] = [f64([[0, Math.log(3)]]), f64([[1, 0.4]])]; // p = ½, ¾
    const weighed = (c: number, d: number) => -c * Math.log(0.5) - d * 0.4 * Math.log(0.75) - 0.6 * Math.log(0.25);
    const of = (positiveWeights: number | number[]) =>
      binaryCrossEntropyWithLogits({ reduction: "sum", positiveWeights }).value(z, t).itemSync();
    expect(of(3)).toBeCloseTo(weighed(3, 3), 14);
    expect(of([3, 0.5])).toBeCloseTo(weighed(3, 0.5), 14);
    for (const source of ["sampled", "randomSign"] as const)
      expectRandomColumns(binaryCrossEntropyWithLogits({ positiveWeights: [3, 0.5, 1] }), source, random([1, 3]), f64([[1, 0.3, 0]])); // biome-ignore format: one line
  });

  it("predicts 1 where the logit is above 0, also for outputs of one number an example", () => {
    expect([...(mean.predict?.(f64([-1, 0.5, 0])).dataSync() ?? [])]).toEqual([0, 1, 0]);
  });

  it("refuses positive weights that are not above 0, or fit no outputs", () => {
    expect(() => binaryCrossEntropyWithLogits({ positiveWeights: [1, 0] })).toThrow(UsageError);
    const two = binaryCrossEntropyWithLogits({ positiveWeights: [1, 2] });
    expect(() => two.value(random([4, 3]), random([4, 3]))).toThrow(/one for each output/);
  });

  it("refuses targets of another shape, and unknown reductions", () => {
    expect(() => mean.value(random([4, 1]), random([4]))).toThrow(ShapeError);
    expect(() => binaryCrossEntropyWithLogits({ reduction: "none" as never })).toThrow(UsageError);
  });
});
