import { valueAndGrad } from "@kronograd/autograd";
import { ShapeError, sum, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { expectRightGradients, f64, random, ready, set } from "../../testing/index.ts";
import { parameters } from "../model-tree.ts";
import { Conv2d } from "./conv2d.ts";

describe("Conv2d", () => {
  it("computes a value by hand: no flip, bias added", () => {
    const layer = ready(new Conv2d({ in: 1, out: 1, kernel: 2 }));
    set(layer.weight, [[[[1, 2], [3, 4]]]]); // biome-ignore format: a kernel
    set(layer.parameters().bias, [10]);
    expect(layer.forward(f64([[[[1, 0], [0, 1]]]]))).toBeAllclose([[[[15]]]]); // biome-ignore format: an image
  });

  it("has right gradients with stride, padding, dilation and groups", () => {
    const layer = ready(
      new Conv2d({ in: 4, out: 6, kernel: [3, 2], stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 }),
    );
    expect(layer.weight.shape).toEqual([6, 2, 3, 2]);
    expectRightGradients(layer, random([2, 4, 5, 6]));
  });

  it("draws from U(±1/√(in/groups · kh · kw))", () => {
    const values = ready(new Conv2d({ in: 8, out: 16, kernel: 2, groups: 2 })).weight.dataSync();
    const largest = Math.max(...[...values].map(Math.abs));
    expect(largest).toBeLessThan(0.25);
    expect(largest).toBeGreaterThan(0.24);
  });

  it("reports its raw input and how positions read it", () => {
    const options = { kernel: [3, 2], stride: [1, 2], padding: [1, 0], dilation: [2, 1], groups: 2 } as const;
    const layer = ready(new Conv2d({ in: 2, out: 4, bias: false, ...options }));
    const x = random([4, 2, 5, 6]);
    const { records } = valueAndGrad(() => sum(layer.forward(x)), parameters(layer), { capture: { inputs: true } });
    const record = records.get("conv");
    expect(record?.geometry).toEqual({ kind: "conv2d", ...options });
    expect(record?.positions).toBe(9);
    expect(record?.uses[0]?.input).toBeAllclose(x);
  });

  it("refuses other ranks and channels by name", () => {
    const layer = ready(new Conv2d({ in: 2, out: 3, kernel: 3 }));
    expect(() => layer.forward(random([4, 18]))).toThrow(ShapeError);
    expect(() => layer.forward(random([4, 18]))).toThrow(
      "conv: input has 2 axes, layer expects 4 (expected [N, 2, H, W], got [4, 18])",
    );
    expect(() => layer.forward(random([1, 3, 4, 4]))).toThrow("conv: input has 3 channels, layer expects 2");
  });

  it("refuses groups that do not divide the channels", () => {
    expect(() => new Conv2d({ in: 4, out: 6, kernel: 3, groups: 4 })).toThrow(UsageError);
    expect(() => new Conv2d({ in: 4, out: 6, kernel: 0 })).toThrow("kernel must be a whole number ≥ 1");
  });
});
