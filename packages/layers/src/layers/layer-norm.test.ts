import { ShapeError, sum, UsageError, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { expectRightGradients, f64, random, ready, set } from "../../testing/index.ts";
import { LayerNorm } from "./layer-norm.ts";

describe("LayerNorm", () => {
  it("computes a value by hand", () => {
    const layer = ready(new LayerNorm({ shape: 2, epsilon: 0 }));
    set(layer.parameters().gamma, [1, 2]);
    set(layer.parameters().beta, [0, 1]);
    expect(layer.forward(f64([[1, 3]]))).toBeAllclose([[-1, 3]]); // mean 2, deviation 1
  });

  it("gives every position mean 0", () => {
    const y = ready(new LayerNorm({ shape: [3, 4] })).forward(random([2, 5, 3, 4]));
    expect(sum(y, [2, 3])).toBeAllclose(zeros([2, 5]), { atol: 1e-12 });
  });

  it("has right gradients", () => {
    expectRightGradients(ready(new LayerNorm({ shape: 4 })), random([3, 2, 4]));
  });

  it("refuses an input that ends in another shape", () => {
    const layer = ready(new LayerNorm({ shape: [4] }));
    expect(() => layer.forward(random([3, 5]))).toThrow(ShapeError);
    expect(() => layer.forward(random([3, 5]))).toThrow("norm: input ends in [5], layer expects [4]");
    expect(() => new LayerNorm({ shape: [4, 0] })).toThrow(UsageError);
  });
});
