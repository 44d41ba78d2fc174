import { grad } from "@kronograd/autograd";
import { mul, sub, sum, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, random } from "../../testing/index.ts";
import { expectExactColumns, expectRightDerivatives } from "../../testing/losses.ts";
import { binaryCrossEntropyWithLogits } from "../losses/binary-cross-entropy-with-logits.ts";
import { huber } from "../losses/huber.ts";
import { meanSquaredError, mse } from "../losses/mean-squared-error.ts";

const [outputs, targets] = [random([2, 3, 2]), random([2, 3, 2], 2)];
const binary = f64([[[0, 1], [1, 1], [0, 0]], [[1, 0], [0, 1], [1, 1]]]); // biome-ignore format: targets
const ofElements = f64([[[1, 0], [0, 0], [2, 1]], [[1, 1], [0.5, 1], [0, 0]]]); // biome-ignore format: weights
const ofRows = f64([[1, 0, 2], [0.5, 0, 0]]); // biome-ignore format: weights
const squares = mul(sub(outputs, targets), sub(outputs, targets));
const total = (t: Tensor): number => sum(t).itemSync();

describe("weights of a loss by elements", () => {
  it("a masked regression is the mean over the elements that are there", () => {
    const rows = mse().rows(targets, ofElements);
    expect(mse().value(outputs, targets, rows).itemSync()).toBeCloseTo(
      total(mul(ofElements, squares)) / total(ofElements),
      12,
    );
    const gradient = [...grad(() => mse().value(outputs, targets, rows), outputs).dataSync()];
    expect(gradient.map((g) => g !== 0)).toEqual([...ofElements.dataSync()].map((w) => w !== 0));
  });

  it("weights of rows and of examples hold for all elements under them", () => {
    const rows = mse().rows(targets, ofRows);
    const spread = mul(squares, f64([[[1], [0], [2]], [[0.5], [0], [0]]])); // biome-ignore format: weights
    expect(mse().value(outputs, targets, rows).itemSync()).toBeCloseTo(total(spread) / (3.5 * 2), 12);
    const examples = mse().rows(targets, f64([3, 0]));
    const first = mul(squares, f64([[[1]], [[0]]]));
    expect(mse().value(outputs, targets, examples).itemSync()).toBeCloseTo(total(first) / 6, 12);
  });

  it("a mask of ones, and weights that are all alike, change no mean", () => {
    for (const loss of [mse(), huber(), meanSquaredError({ per: "example" })]) {
      const plain = loss.value(outputs, targets).itemSync();
      for (const weights of [f64([7, 7]), f64([[1, 1, 1], [1, 1, 1]])]) // biome-ignore format: weights
        expect(loss.value(outputs, targets, loss.rows(targets, weights)).itemSync()).toBeCloseTo(plain, 12);
    }
  });

  it("have right derivatives and label columns, whatever the loss and its reduction", () => {
    for (const reduction of ["mean", "sum"] as const) {
      const losses = [
        [mse({ reduction }), targets],
        [meanSquaredError({ reduction, per: "example", factor: 0.5 }), targets],
        [binaryCrossEntropyWithLogits({ reduction }), binary],
        [binaryCrossEntropyWithLogits({ reduction, positiveWeights: [3, 0.5] }), binary],
      ] as const;
      for (const [loss, y] of losses) {
        for (const weights of [f64([0.5, 2]), ofRows, ofElements]) {
          expectRightDerivatives(loss, outputs, y, weights);
          expectExactColumns(loss, outputs, y, weights);
        }
      }
      expectRightDerivatives(huber({ reduction, delta: 0.7 }), outputs, targets, ofElements);
    }
  });

  it("hold for outputs of one number an example", () => {
    const [f, y] = [random([4]), random([4], 2)];
    expectRightDerivatives(mse(), f, y, f64([1, 0, 2, 1]));
    expectExactColumns(mse(), f, y, f64([1, 0, 2, 1]));
  });

  it("rows' own losses average to the loss", () => {
    for (const loss of [mse(), huber(), binaryCrossEntropyWithLogits({ positiveWeights: 2 })]) {
      const y = loss.name.startsWith("binary") ? binary : targets;
      const rows = loss.rowLosses?.(outputs, y) as Tensor;
      expect(rows.shape).toEqual([2, 3]);
      expect(total(rows) / 6).toBeCloseTo(loss.value(outputs, y).itemSync(), 12);
    }
  });
});
