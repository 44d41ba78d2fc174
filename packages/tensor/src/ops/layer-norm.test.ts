import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { normal, ones, tensor, zeros } from "../tensor/create.ts";
import { Rng } from "../tensor/rng.ts";
import { layerNorm } from "./layer-norm.ts";
import { reshape } from "./reshape.ts";

const f64 = { dtype: "float64" } as const;
const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());

describe("layerNorm", () => {
  it("is right by hand: each row has mean 0 and variance 1 before gamma and beta", () => {
    const x = tensor(
      [
        [1, 3],
        [10, 30],
      ],
      f64,
    );
    expect(values(layerNorm(x, tensor([1, 2], f64), tensor([0, 5], f64), 0))).toEqual([-1, 7, -1, 7]);
  });

  it("covers several trailing axes as if they were one", () => {
    const x = normal(new Rng(1), [2, 3, 4], f64);
    const gamma = normal(new Rng(2), [3, 4], f64);
    const deep = layerNorm(x, gamma, zeros([3, 4], f64));
    const flat = layerNorm(reshape(x, [2, 12]), reshape(gamma, [12]), zeros([12], f64));
    expect(deep.shape).toEqual([2, 3, 4]);
    expect(values(deep)).toEqual(values(flat));
  });

  it("refuses gamma that does not end the input's shape, and beta of another shape", () => {
    expect(() => layerNorm(ones([2, 3]), ones([2]), zeros([2]))).toThrow(
      "layerNorm: gamma must cover trailing axes of the input (expected the end of [2, 3], got [2]).",
    );
    expect(() => layerNorm(ones([2, 3]), ones([3]), zeros([1]))).toThrow(ShapeError);
    expect(() => layerNorm(ones([2, 3]), tensor(1), tensor(0))).toThrow(ShapeError);
  });
});
