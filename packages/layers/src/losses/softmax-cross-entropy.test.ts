import { grad } from "@kronograd/autograd";
import { oneHot, Rng, reshape, ShapeError, scale, shift, slice, UsageError } from "@kronograd/tensor";
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

  const masked = softmaxCrossEntropy({ ignoreIndex: -100 });
  const holes = int32([[0, -100, 2], [3, -100, -100]]); // biome-ignore format: labels

  it("leaves ignored labels out of the mean, and out of what comes back", () => {
    const outputs = random([2, 3, 4]);
    const single = (n: number, s: number, label: number) =>
      mean.value(reshape(slice(outputs, [[n, n + 1], [s, s + 1]]), [1, 4]), int32([label])).itemSync(); // biome-ignore format: one row
    const total = single(0, 0, 0) + single(0, 2, 2) + single(1, 0, 3);
    expect(masked.value(outputs, holes).itemSync()).toBeCloseTo(total / 3, 12);
    expect(softmaxCrossEntropy({ ignoreIndex: -100, reduction: "sum" }).value(outputs, holes).itemSync()).toBeCloseTo(
      total,
      12,
    );
  });

  it("smooths no ignored row: its gradient and its label columns are 0", () => {
    const outputs = random([2, 3, 4]);
    const smooth = softmaxCrossEntropy({ ignoreIndex: -100, labelSmoothing: 0.2 });
    const gradient = grad(() => smooth.value(outputs, holes), outputs);
    const columns = (["exact", "sampled", "randomSign"] as const).flatMap((source) => [
      ...smooth.labelColumns(source, outputs, holes, new Rng(0)),
    ]);
    for (const t of [gradient, ...columns]) {
      const rows = reshape(t, [6, 4]).dataSync();
      for (const row of [1, 4, 5]) expect([...rows.subarray(4 * row, 4 * row + 4)].every((x) => x === 0)).toBe(true);
    }
  });

  it("counts a row by the weight of its class, and divides by the sum of the weights", () => {
    const [outputs, labels] = [random([3, 2]), int32([0, 1, 1])];
    const weighed = softmaxCrossEntropy({ classWeights: [1, 3] });
    const [a, b, c] = [0, 1, 2].map((n) =>
      mean.value(slice(outputs, [[n, n + 1]]), slice(labels, [[n, n + 1]])).itemSync(),
    );
    expect(weighed.value(outputs, labels).itemSync()).toBeCloseTo(
      ((a as number) + 3 * (b as number) + 3 * (c as number)) / 7,
      12,
    );
    expect(weighed.value(outputs, oneHot(labels, 2, { dtype: "float64" })).itemSync()).toBeCloseTo(
      weighed.value(outputs, labels).itemSync(),
      12,
    );
  });

  it("has right derivatives and exact columns with ignored labels, class weights and weights of rows", () => {
    const outputs = random([2, 3, 4]);
    const every = { ignoreIndex: -100, classWeights: [1, 2, 0.5, 3], labelSmoothing: 0.1 };
    for (const loss of [masked, softmaxCrossEntropy(every), softmaxCrossEntropy({ ...every, reduction: "sum" })]) {
      for (const weights of [
        undefined,
        f64([0.5, 2]),
        f64([
          [1, 2, 0],
          [0.5, 1, 3],
        ]),
      ]) {
        // biome-ignore format: weights
        expectRightDerivatives(loss, outputs, holes, weights);
        expectExactColumns(loss, outputs, holes, weights);
      }
    }
  });

  it("gives each row's loss, and the class with the largest logit", () => {
    const [outputs, labels] = [f64([[0, Math.log(3)], [0, 0]]), int32([1, 0])]; // biome-ignore format: probabilities
    expect(mean.rowLosses?.(outputs, labels)).toBeAllclose([-Math.log(0.75), -Math.log(0.5)]);
    expect([...(mean.predict?.(random([2, 3, 4])).shape ?? [])]).toEqual([2, 3]);
    expect([...(mean.predict?.(outputs).dataSync() ?? [])]).toEqual([1, 0]);
  });

  it("adds up over parts that divide by the whole step's weights", () => {
    const [outputs, weights] = [random([4, 3]), f64([1, 0, 2, 0.5])];
    for (const given of [undefined, weights]) {
      const rows = mean.rows(int32([0, 2, 1, 1]), given);
      const part = (from: number, to: number) =>
        mean
          .value(slice(outputs, [[from, to]]), slice(int32([0, 2, 1, 1]), [[from, to]]), rows.part(from, to))
          .itemSync();
      expect(part(0, 1) + part(1, 4)).toBeCloseTo(mean.value(outputs, int32([0, 2, 1, 1]), rows).itemSync(), 12);
    }
  });

  it("holds every option in its config", () => {
    expect(softmaxCrossEntropy({ ignoreIndex: 0, classWeights: [1, 2] }).config).toEqual({
      reduction: "mean",
      labelSmoothing: 0,
      ignoreIndex: 0,
      classWeights: [1, 2],
    });
  });

  it("refuses one example without an axis of examples, which would be C examples of a label each", () => {
    expect(() => mean.value(random([3]), int32(2))).toThrow(/outputs need an axis of examples/);
  });

  it("refuses distributions that do not sum to 1, unless their row has weight 0", () => {
    const [outputs, zeros] = [random([2, 3]), f64([[0.2, 0.3, 0.5], [0, 0, 0]])]; // biome-ignore format: distributions
    expect(() => mean.value(outputs, zeros)).toThrow(/target distribution 1 does not sum to 1.*weight of 0/s);
    const rows = mean.rows(zeros, f64([1, 0]));
    expect(mean.value(outputs, zeros, rows).itemSync()).toBeCloseTo(
      mean.value(slice(outputs, [[0, 1]]), slice(zeros, [[0, 1]])).itemSync(),
      12,
    );
  });

  it("refuses weights that fit no axes of the targets, and class weights that are not above 0", () => {
    expect(() => mean.rows(int32([0, 1]), f64([1, 2, 3]))).toThrow(ShapeError);
    expect(() => softmaxCrossEntropy({ classWeights: [1, 0] })).toThrow(UsageError);
    expect(() => softmaxCrossEntropy({ classWeights: [1, 2] }).value(random([1, 3]), f64([[1, 0, 0]]))).toThrow(
      UsageError,
    );
  });

  it("refuses other shapes, labels out of range, and bad options", () => {
    expect(() => mean.value(random([2, 3]), int32([0]))).toThrow(ShapeError);
    expect(() => mean.value(random([2, 3]), random([2]))).toThrow(ShapeError);
    expect(() => mean.value(random([1, 3]), int32([3]))).toThrow(UsageError);
    expect(() => softmaxCrossEntropy({ labelSmoothing: 1 })).toThrow(UsageError);
    expect(() => softmaxCrossEntropy({ reduction: "average" as never })).toThrow(UsageError);
  });
});
