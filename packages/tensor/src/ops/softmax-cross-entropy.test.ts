import { describe, expect, it } from "vitest";
import { DtypeError, ShapeError, UsageError } from "../errors.ts";
import { tensor } from "../tensor/create.ts";
import { mul, neg } from "./arithmetic.ts";
import { mean } from "./mean.ts";
import { oneHot } from "./one-hot.ts";
import { pick } from "./pick-scatter.ts";
import { reshape } from "./reshape.ts";
import { logSoftmax } from "./softmax.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";
import { sum } from "./sum-broadcast.ts";

const f64 = (x: number[][]) => tensor(x, { dtype: "float64" });
const labels = (...list: number[]) => tensor(Int32Array.from(list));
const logits = f64([
  [1, 2, 4],
  [0, -1, 3],
]);
const truth = labels(2, 0);

describe("softmaxCrossEntropy", () => {
  it("of equal logits is the logarithm of the number of classes", () => {
    expect(softmaxCrossEntropy(f64([[3, 3]]), labels(1)).itemSync()).toBeCloseTo(Math.LN2, 15);
  });

  it("equals the mean or the sum of −log softmax at the labels", () => {
    const rows = neg(pick(logSoftmax(logits), truth));
    expect(softmaxCrossEntropy(logits, truth).itemSync()).toBeCloseTo(mean(rows).itemSync(), 14);
    const total = softmaxCrossEntropy(logits, truth, { reduction: "sum" }).itemSync();
    expect(total).toBeCloseTo(sum(rows).itemSync(), 14);
  });

  it("mixes the labels with the uniform distribution when they are smoothed", () => {
    const s = 0.3;
    const target = Array.from(oneHot(truth, 3).dataSync(), (t) => (1 - s) * t + s / 3);
    const want = -sum(mul(tensor(Float64Array.from(target), { shape: [2, 3] }), logSoftmax(logits))).itemSync();
    const got = softmaxCrossEntropy(logits, truth, { labelSmoothing: s, reduction: "sum" }).itemSync();
    expect(got).toBeCloseTo(want, 14);
  });

  it("is exact for logits of ±1000", () => {
    expect(
      softmaxCrossEntropy(
        f64([
          [1000, -1000],
          [-1000, 1000],
        ]),
        labels(0, 0),
      ).itemSync(),
    ).toBe(1000);
    expect(softmaxCrossEntropy(f64([[1000, 1000]]), labels(0)).itemSync()).toBe(Math.LN2);
  });

  it("takes any number of leading axes", () => {
    const deep = softmaxCrossEntropy(reshape(logits, [2, 1, 3]), reshape(truth, [2, 1]));
    expect(deep.itemSync()).toBe(softmaxCrossEntropy(logits, truth).itemSync());
  });

  it("names the position and the value of a label out of range", () => {
    for (const bad of [3, -1]) {
      expect(() => softmaxCrossEntropy(logits, labels(0, bad))).toThrow(UsageError);
      expect(() => softmaxCrossEntropy(logits, labels(0, bad))).toThrow(
        `softmaxCrossEntropy: index at position 1 is out of range (expected 0 … 2, got ${bad}).`,
      );
    }
  });

  it("refuses labels of another shape or dtype, and smoothing out of range", () => {
    expect(() => softmaxCrossEntropy(logits, labels(0))).toThrow(ShapeError);
    expect(() => softmaxCrossEntropy(logits, tensor([0, 1]))).toThrow(DtypeError);
    for (const labelSmoothing of [1, -0.1, Number.NaN]) {
      expect(() => softmaxCrossEntropy(logits, truth, { labelSmoothing })).toThrow(UsageError);
    }
  });
});
