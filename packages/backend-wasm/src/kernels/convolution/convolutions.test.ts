import type { Rng } from "@kronograd/tensor";
import { describe, it } from "vitest";
import { agree } from "../../../testing/agree.ts";

const narrow = { dtypes: ["float32"] } as const;

/** A convolution with more channels, places and taps than the ops' own samples have. */
function convolution(rng: Rng, most = 9) {
  const pair = (least: number, count: number) => [least + rng.integer(count), least + rng.integer(count)] as const;
  const [kernel, stride, dilation, padding] = [pair(1, 3), pair(1, 2), pair(1, 2), pair(0, 3)];
  const groups = 1 + rng.integer(2);
  const [n, perGroup, outputs] = [rng.integer(4), 1 + rng.integer(5), groups * (1 + rng.integer(8))];
  const size = [5 + rng.integer(most), 5 + rng.integer(most)] as const;
  const places = [0, 1].map(
    (axis) =>
      Math.floor((size[axis]! + 2 * padding[axis]! - (kernel[axis]! - 1) * dilation[axis]! - 1) / stride[axis]!) + 1,
  );
  return {
    x: { shape: [n, groups * perGroup, ...size] },
    weight: { shape: [outputs, perGroup, ...kernel] },
    bias: rng.integer(2) === 0 ? [] : [{ shape: [outputs] }],
    grad: { shape: [n, outputs, ...places] },
    params: { stride, padding, dilation, groups },
    kernel,
    size,
  };
}

describe("convolutions", () => {
  it("conv2d agrees for any stride, padding, dilation and groups, ragged and empty", async () => {
    await agree(
      "conv2d",
      (rng) => {
        const { x, weight, bias, params } = convolution(rng);
        return { inputs: [x, weight, ...bias], params };
      },
      { ...narrow, runs: 60 },
    );
  });

  it("conv2d agrees wherever a row of places ends within a vector", async () => {
    const params = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };
    for (let width = 1; width <= 11; width++) {
      const inputs = [{ shape: [2, 3, 7, width] }, { shape: [5, 3, 3, 3] }];
      await agree("conv2d", () => ({ inputs, params }), { ...narrow, runs: 2 });
    }
  });

  it("conv2dInputGrad agrees, with padding larger than the kernel too", async () => {
    await agree(
      "conv2dInputGrad",
      (rng) => {
        const { grad, weight, params, size } = convolution(rng);
        return { inputs: [grad, weight], params: { ...params, size } };
      },
      { ...narrow, runs: 60 },
    );
  });

  it("conv2dWeightGrad agrees", async () => {
    await agree(
      "conv2dWeightGrad",
      (rng) => {
        const { x, grad, params, kernel } = convolution(rng);
        return { inputs: [x, grad], params: { ...params, kernel } };
      },
      { ...narrow, runs: 60 },
    );
  });

  it("agree across blocks of taps and places, and for kernels of one tap", async () => {
    const plain = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };
    const x = { shape: [2, 40, 20, 18] };
    const weight = { shape: [7, 40, 3, 3] };
    const grad = { shape: [2, 7, 20, 18] };
    await agree("conv2d", () => ({ inputs: [x, weight], params: plain }), { ...narrow, runs: 2 });
    await agree("conv2dInputGrad", () => ({ inputs: [grad, weight], params: { ...plain, size: [20, 18] } }), {
      ...narrow,
      runs: 2,
    });
    await agree("conv2dWeightGrad", () => ({ inputs: [x, grad], params: { ...plain, kernel: [3, 3] } }), {
      ...narrow,
      runs: 2,
    });
    const single = { ...plain, padding: [0, 0] };
    const long = { shape: [1, 2, 33, 40] };
    await agree("conv2d", () => ({ inputs: [long, { shape: [3, 2, 1, 1] }], params: single }), { ...narrow, runs: 2 });
  });

  it("conv2dInputGrad agrees where strides or a kernel without padding leave few places", async () => {
    const cases = [
      { x: [2, 20, 17, 18], stride: 2, padding: 1, kernel: 3, places: [9, 9] },
      { x: [1, 20, 16, 16], stride: 3, padding: 0, kernel: 1, places: [6, 6] },
      { x: [2, 3, 12, 13], stride: 1, padding: 0, kernel: 5, places: [8, 9] },
    ] as const;
    for (const { x, stride, padding, kernel, places } of cases) {
      const inputs = [{ shape: [x[0], 30, ...places] }, { shape: [30, x[1], kernel, kernel] }];
      const both = (n: number) => [n, n] as const;
      const params = { stride: both(stride), padding: both(padding), dilation: both(1), groups: 1, size: [x[2], x[3]] };
      await agree("conv2dInputGrad", () => ({ inputs, params }), { ...narrow, runs: 2 });
    }
  });

  it("im2col and col2im agree", async () => {
    await agree(
      "im2col",
      (rng) => {
        const { x, params, kernel } = convolution(rng, 5);
        return { inputs: [x], params: { ...params, kernel } };
      },
      { ...narrow, runs: 40 },
    );
    await agree(
      "col2im",
      (rng) => {
        const { x, grad, params, kernel, size } = convolution(rng, 5);
        const [n, , ...places] = grad.shape as [number, number, number, number];
        const shape = [n, x.shape[1]! * kernel[0] * kernel[1], places[0] * places[1]];
        return { inputs: [{ shape }], params: { ...params, kernel, size } };
      },
      { ...narrow, runs: 40 },
    );
  });
});
