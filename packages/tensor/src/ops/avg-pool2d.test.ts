import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ShapeError, UsageError } from "../errors.ts";
import { run } from "../op/dispatch.ts";
import { sampleOf } from "../op/samples.ts";
import { full, ones, tensor, uniform, zeros } from "../tensor/create.ts";
import { Rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { avgPool2d, avgPool2dOp, avgPoolGrad, globalAvgPool2d } from "./avg-pool2d.ts";
import { conv2d } from "./conv2d.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const dot = (a: Tensor, b: Tensor) => values(a).reduce((total, value, i) => total + value * values(b)[i]!, 0);

describe("avgPool2d", () => {
  const image = tensor([
    [
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ],
    ],
  ]);

  it("averages each window", () => {
    expect(values(avgPool2d(image, { kernel: 2, stride: 1 }))).toEqual([3, 4, 6, 7]);
    expect(values(avgPool2d(image, { kernel: [1, 3] }))).toEqual([2, 5, 8]);
  });

  it("counts padding as zeros, or leaves it out", () => {
    const corners = { kernel: 2, stride: 3, padding: 1 };
    expect(values(avgPool2d(image, corners))).toEqual([0.25, 0.75, 1.75, 2.25]);
    expect(values(avgPool2d(image, { ...corners, countIncludePad: false }))).toEqual([1, 3, 7, 9]);
  });

  it("leaves a constant image constant when padding does not count", () => {
    const pooled = avgPool2d(full([1, 2, 5, 4], 3), { kernel: 3, stride: 2, padding: 1, countIncludePad: false });
    expect(new Set(values(pooled))).toEqual(new Set([3]));
  });

  it("is a convolution with a constant kernel", () => {
    const x = uniform(new Rng(1), [2, 1, 6, 5], { dtype: "float64" });
    const kernel = full([1, 1, 2, 2], 0.25, { dtype: "float64" });
    const expected = values(conv2d(x, kernel, null, { stride: [2, 1], padding: [1, 0] }));
    values(avgPool2d(x, { kernel: 2, stride: [2, 1], padding: [1, 0] })).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 14);
    });
  });

  it("sees zeros alone where padding that counts is as large as the kernel", () => {
    expect(values(avgPool2d(ones([1, 1, 1, 1]), { kernel: 1, padding: 1 }))).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect(() => avgPool2d(image, { kernel: 1, padding: 1, countIncludePad: false })).toThrow(UsageError);
  });

  it("gives float32 for integers", () => {
    const pooled = avgPool2d(tensor(Int32Array.of(1, 2), { shape: [1, 1, 1, 2] }), { kernel: [1, 2] });
    expect([pooled.dtype, ...values(pooled)]).toEqual(["float32", 1.5]);
  });

  it("throws ShapeError when the kernel does not fit", () => {
    expect(() => avgPool2d(image, { kernel: 4 })).toThrow(ShapeError);
  });
});

describe("avgPoolGrad", () => {
  it("is the transpose of avgPool2d", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const rng = new Rng(seed);
        const { inputs, params } = sampleOf(avgPool2dOp, rng);
        const x = uniform(rng, inputs[0]!.shape, { dtype: "float64" });
        const y = run(avgPool2dOp, [x], params);
        const g = uniform(rng, y.shape, { dtype: "float64" });
        const back = avgPoolGrad(g, { ...params, size: [x.shape[2]!, x.shape[3]!] });
        expect(dot(y, g)).toBeCloseTo(dot(x, back), 12);
      }),
    );
  });

  it("throws ShapeError for a cotangent of another shape", () => {
    const params = { kernel: [2, 2], stride: [2, 2], padding: [0, 0], countIncludePad: true, size: [4, 4] } as const;
    expect(() => avgPoolGrad(zeros([1, 1, 3, 2]), params)).toThrow(
      "avgPoolGrad: outputGrad does not have the shape of the pooled images (expected [1, 1, 2, 2], got [1, 1, 3, 2]).",
    );
  });
});

describe("globalAvgPool2d", () => {
  it("averages whole planes", () => {
    const pooled = globalAvgPool2d(
      tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
          [
            [10, 20],
            [30, 40],
          ],
        ],
      ]),
    );
    expect(pooled.shape).toEqual([1, 2]);
    expect(values(pooled)).toEqual([2.5, 25]);
  });

  it("equals avgPool2d with a kernel of the image's size", () => {
    const x = uniform(new Rng(2), [2, 3, 4, 5], { dtype: "float64" });
    const pooled = values(avgPool2d(x, { kernel: [4, 5] }));
    values(globalAvgPool2d(x)).forEach((value, i) => {
      expect(value).toBeCloseTo(pooled[i]!, 14);
    });
  });

  it("throws ShapeError where x has not four axes", () => {
    expect(() => globalAvgPool2d(zeros([2, 3]))).toThrow(ShapeError);
  });
});
