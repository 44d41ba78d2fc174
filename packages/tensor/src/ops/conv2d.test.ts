import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ShapeError, UsageError } from "../errors.ts";
import { sampleOf } from "../op/samples.ts";
import { full, ones, tensor, uniform, zeros } from "../tensor/create.ts";
import { Rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { conv2d, conv2dInputGrad, conv2dOp, conv2dWeightGrad } from "./conv2d.ts";
import { im2col } from "./im2col.ts";
import { matmul } from "./matmul.ts";
import { permute } from "./permute.ts";
import { reshape } from "./reshape.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const dot = (a: Tensor, b: Tensor) => values(a).reduce((total, value, i) => total + value * values(b)[i]!, 0);
/** Sums of at most a few hundred products of numbers ≤ 2, in float64, in two orders. */
const tolerance = 1e-11;

describe("conv2d", () => {
  const image = tensor([
    [
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ],
    ],
  ]);
  const corner = tensor([
    [
      [
        [1, 10],
        [100, 1000],
      ],
    ],
  ]);

  it("does not flip the kernel", () => {
    expect(values(conv2d(image, corner, null))).toEqual([5421, 6532, 8754, 9865]);
  });

  it("pads with zeros", () => {
    const padded = conv2d(image, corner, null, { padding: 1 });
    expect(padded.shape).toEqual([1, 1, 4, 4]);
    expect(values(padded).slice(0, 4)).toEqual([1000, 2100, 3200, 300]);
  });

  it("takes [vertical, horizontal] options", () => {
    expect(values(conv2d(image, corner, null, { stride: [2, 1] }))).toEqual([5421, 6532]);
    expect(values(conv2d(image, corner, null, { dilation: [1, 2] }))).toEqual([6431, 9764]);
    expect(conv2d(image, corner, null, { padding: [0, 2] }).shape).toEqual([1, 1, 2, 6]);
  });

  it("adds the bias of each output channel", () => {
    expect(values(conv2d(ones([1, 1, 1, 2]), ones([2, 1, 1, 1]), tensor([10, 20])))).toEqual([11, 11, 21, 21]);
  });

  it("keeps groups apart: one kernel for each channel", () => {
    const x = tensor([[[[1, 2]], [[3, 4]]]]);
    expect(values(conv2d(x, tensor([[[[1]]], [[[10]]]]), null, { groups: 2 }))).toEqual([1, 2, 30, 40]);
  });

  it("with a 1×1 kernel is a dense layer on every pixel", () => {
    const rng = new Rng(1);
    const [x, weight] = [
      uniform(rng, [2, 3, 4, 5], { dtype: "float64" }),
      uniform(rng, [6, 3, 1, 1], { dtype: "float64" }),
    ];
    const dense = matmul(reshape(weight, [6, 3]), reshape(x, [2, 3, 20]));
    expect(values(conv2d(x, weight, null))).toEqual(values(dense));
  });

  it("is the weight times the columns of im2col", () => {
    const rng = new Rng(2);
    const options = { stride: [2, 1], padding: [1, 2], dilation: [1, 2] } as const;
    const [x, weight] = [
      uniform(rng, [2, 3, 6, 5], { dtype: "float64" }),
      uniform(rng, [4, 3, 3, 2], { dtype: "float64" }),
    ];
    const product = matmul(reshape(weight, [4, 18]), im2col(x, { kernel: [3, 2], ...options }));
    expect(values(conv2d(x, weight, null, options))).toEqual(values(product));
  });

  it("reads strided images", () => {
    const x = permute(
      tensor([
        [
          [
            [1, 4],
            [2, 5],
            [3, 6],
          ],
        ],
      ]),
      [0, 1, 3, 2],
    );
    expect(values(conv2d(x, tensor([[[[1, 10]]]]), null))).toEqual([21, 32, 54, 65]);
  });

  it("gives an empty batch for an empty batch", () => {
    expect(conv2d(zeros([0, 1, 3, 3]), corner, null).shape).toEqual([0, 1, 2, 2]);
  });

  it("throws ShapeError with the numbers", () => {
    expect(() => conv2d(zeros([1, 3, 8, 8]), zeros([4, 2, 3, 3]), null)).toThrow(
      "conv2d: x has 3 channels, but 1 group of 2 make 2 (expected 2, got 3).",
    );
    expect(() => conv2d(zeros([1, 4, 8, 8]), zeros([3, 2, 3, 3]), null, { groups: 2 })).toThrow(
      "conv2d: 3 output channels do not divide into 2 groups.",
    );
    expect(() => conv2d(zeros([3, 8, 8]), zeros([4, 3, 3, 3]), null)).toThrow(
      "conv2d: x must have the axes [N, C, H, W]",
    );
    expect(() => conv2d(image, zeros([1, 1, 5, 5]), null)).toThrow(ShapeError);
    expect(() => conv2d(image, corner, zeros([2]))).toThrow(
      "conv2d: bias must have one value for each output channel (expected [1], got [2]).",
    );
    expect(() => conv2d(image, corner, null, { groups: 0 })).toThrow(UsageError);
  });
});

describe("conv2dInputGrad and conv2dWeightGrad", () => {
  it("are the transposes of conv2d in x and in w", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const rng = new Rng(seed);
        const { inputs, params } = sampleOf(conv2dOp, rng);
        const draw = (shape: readonly number[]) => uniform(rng, shape, { low: -2, high: 2, dtype: "float64" });
        const [x, weight] = inputs.map(({ shape }) => draw(shape)) as [Tensor, Tensor];
        const y = conv2d(x, weight, null, params);
        const g = draw(y.shape);
        const form = dot(y, g);
        const dx = conv2dInputGrad(g, weight, { ...params, size: [x.shape[2]!, x.shape[3]!] });
        const dw = conv2dWeightGrad(x, g, { ...params, kernel: [weight.shape[2]!, weight.shape[3]!] });
        expect(Math.abs(dot(dx, x) - form)).toBeLessThan(tolerance);
        expect(Math.abs(dot(dw, weight) - form)).toBeLessThan(tolerance);
      }),
    );
  });

  it("count how often a pixel and a tap are used", () => {
    const g = ones([1, 1, 2, 2]);
    const plain = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;
    expect(values(conv2dInputGrad(g, ones([1, 1, 2, 2]), { ...plain, size: [3, 3] }))).toEqual([
      1, 2, 1, 2, 4, 2, 1, 2, 1,
    ]);
    expect(values(conv2dWeightGrad(full([1, 1, 3, 3], 2), g, { ...plain, kernel: [2, 2] }))).toEqual([8, 8, 8, 8]);
  });

  it("give zero to pixels that the stride leaves over", () => {
    const strided = { stride: [2, 2], padding: [0, 0], dilation: [1, 1], groups: 1, size: [4, 4] } as const;
    const dx = conv2dInputGrad(ones([1, 1, 2, 2]), ones([1, 1, 1, 1]), strided);
    expect(values(dx)).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
  });

  it("throw ShapeError for a cotangent of another shape", () => {
    const params = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;
    const message =
      "outputGrad does not have the shape of the convolution's output (expected [1, 2, 3, 3], got [1, 2, 2, 3]).";
    const g = zeros([1, 2, 2, 3]);
    expect(() => conv2dInputGrad(g, zeros([2, 1, 2, 2]), { ...params, size: [4, 4] })).toThrow(message);
    expect(() => conv2dWeightGrad(zeros([1, 1, 4, 4]), g, { ...params, kernel: [2, 2] })).toThrow(message);
    expect(() => conv2dInputGrad(zeros([1, 3, 3, 3]), zeros([2, 1, 2, 2]), { ...params, size: [4, 4] })).toThrow(
      ShapeError,
    );
    expect(() => conv2dWeightGrad(zeros([1, 3, 4, 4]), g, { ...params, kernel: [2, 2], groups: 2 })).toThrow(
      ShapeError,
    );
  });
});
