import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ShapeError, UsageError } from "../errors.ts";
import { sampleOf } from "../op/samples.ts";
import { ones, tensor, uniform, zeros } from "../tensor/create.ts";
import { Rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { col2im, im2col, im2colOp } from "./im2col.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const dot = (a: Tensor, b: Tensor) => values(a).reduce((total, value, i) => total + value * values(b)[i]!, 0);
/** Sums of a few hundred products of numbers ≤ 2, in float64, in two orders. */
const tolerance = 1e-11;

describe("im2col", () => {
  it("orders rows by channel, kernel row, kernel column and columns by place", () => {
    const x = tensor([
      [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        [
          [10, 20, 30],
          [40, 50, 60],
        ],
      ],
    ]); // [1, 2, 2, 3]
    const columns = im2col(x, { kernel: 2 });
    expect(columns.shape).toEqual([1, 8, 2]);
    expect(values(columns)).toEqual([1, 2, 2, 3, 4, 5, 5, 6, 10, 20, 20, 30, 40, 50, 50, 60]);
  });

  it("pads with zeros and takes [vertical, horizontal] options", () => {
    const x = tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]);
    expect(values(im2col(x, { kernel: 1, padding: [0, 1] }))).toEqual([0, 1, 2, 0, 0, 3, 4, 0]);
    expect(values(im2col(x, { kernel: 1, stride: [2, 1] }))).toEqual([1, 2]);
    expect(values(im2col(x, { kernel: [2, 1], dilation: [1, 1] }))).toEqual([1, 2, 3, 4]);
  });

  it("keeps integers", () => {
    expect(im2col(zeros([1, 1, 2, 2], { dtype: "int32" }), { kernel: 1 }).dtype).toBe("int32");
  });

  it("throws ShapeError when the kernel does not fit, UsageError for a kernel of 0", () => {
    expect(() => im2col(zeros([1, 1, 2, 2]), { kernel: 3 })).toThrow(ShapeError);
    expect(() => im2col(zeros([1, 1, 2, 2]), { kernel: 0 })).toThrow(UsageError);
  });
});

describe("col2im", () => {
  it("is the transpose of im2col", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const rng = new Rng(seed);
        const { inputs, params } = sampleOf(im2colOp, rng);
        const draw = (shape: readonly number[]) => uniform(rng, shape, { low: -2, high: 2, dtype: "float64" });
        const x = draw(inputs[0]!.shape);
        const columns = im2col(x, params);
        const g = draw(columns.shape);
        const back = col2im(g, { ...params, size: [x.shape[2]!, x.shape[3]!] });
        expect(back.shape).toEqual(x.shape);
        expect(Math.abs(dot(columns, g) - dot(x, back))).toBeLessThan(tolerance);
      }),
    );
  });

  it("counts how many patches see each pixel", () => {
    const columns = im2col(ones([1, 1, 3, 3]), { kernel: 2 });
    expect(values(col2im(columns, { kernel: 2, size: 3 }))).toEqual([1, 2, 1, 2, 4, 2, 1, 2, 1]);
  });

  it("throws ShapeError for columns of another image or window", () => {
    expect(() => col2im(zeros([1, 4, 5]), { kernel: 2, size: 3 })).toThrow(
      "col2im: columns do not belong to this window and image size (expected [N, C·4, 4], got [1, 4, 5]).",
    );
    expect(() => col2im(zeros([1, 6, 4]), { kernel: 2, size: 3 })).toThrow(ShapeError);
    expect(() => col2im(zeros([4, 4]), { kernel: 2, size: 3 })).toThrow(ShapeError);
  });
});
