import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { normal, ones, tensor, zeros } from "../tensor/create.ts";
import { Rng } from "../tensor/rng.ts";
import { batchNorm, batchNormInference } from "./batch-norm.ts";
import { mean } from "./mean.ts";
import { square } from "./unary.ts";

const f64 = { dtype: "float64" } as const;
const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const rounding = 1e-13; // a few dozen additions of numbers near 1 in float64

describe("batchNorm", () => {
  it("is right by hand: two channels, two examples", () => {
    const x = tensor(
      [
        [1, 10],
        [3, 30],
      ],
      f64,
    );
    const { y, mean: mu, variance } = batchNorm(x, tensor([1, 2], f64), tensor([0, 5], f64), 0);
    expect(values(mu)).toEqual([2, 20]);
    expect(values(variance)).toEqual([1, 100]); // biased
    expect(values(y)).toEqual([-1, 3, 1, 7]);
  });

  it("gives every channel mean beta and variance gamma² over batch and positions", () => {
    const x = normal(new Rng(3), [4, 3, 2, 5], { mean: 7, deviation: 2, ...f64 });
    const { y } = batchNorm(x, tensor([1, 2, 0.5], f64), tensor([0, -1, 4], f64), 0);
    values(mean(y, [0, 2, 3])).forEach((value, c) => {
      expect(Math.abs(value - [0, -1, 4][c]!)).toBeLessThan(rounding);
    });
    const centred = batchNorm(x, tensor([1, 2, 0.5], f64), zeros([3], f64), 0).y;
    values(mean(square(centred), [0, 2, 3])).forEach((value, c) => {
      expect(Math.abs(value - [1, 4, 0.25][c]!)).toBeLessThan(rounding);
    });
  });

  it("does not see shift and scale of its input", () => {
    const x = normal(new Rng(4), [5, 2, 3], f64);
    const moved = tensor(x.dataSync().map((value) => 10 * value - 3) as Float64Array, { shape: x.shape });
    const [a, b] = [x, moved].map((t) => values(batchNorm(t, ones([2], f64), zeros([2], f64), 0).y));
    a!.forEach((value, i) => {
      expect(Math.abs(value - b![i]!)).toBeLessThan(rounding);
    });
  });

  it("refuses gamma and beta of another size, and an input without channels", () => {
    expect(() => batchNorm(ones([2, 3]), ones([2]), zeros([3]))).toThrow(
      "batchNorm: gamma and beta must have one entry for each channel of [2, 3] (expected [3], got [2]).",
    );
    expect(() => batchNorm(ones([2]), ones([2]), zeros([2]))).toThrow(ShapeError);
  });
});

describe("batchNormInference", () => {
  const x = normal(new Rng(5), [4, 3, 2, 2], f64);
  const [gamma, beta] = [tensor([1, 2, 3], f64), tensor([3, 2, 1], f64)];

  it("equals batchNorm when given the batch's own statistics", () => {
    const training = batchNorm(x, gamma, beta, 1e-5);
    const fixed = values(batchNormInference(x, gamma, beta, training.mean, training.variance, 1e-5));
    values(training.y).forEach((value, i) => {
      expect(Math.abs(value - fixed[i]!)).toBeLessThan(rounding);
    });
  });

  it("refuses statistics of another size", () => {
    expect(() => batchNormInference(x, gamma, beta, ones([2], f64), gamma)).toThrow(ShapeError);
  });
});
