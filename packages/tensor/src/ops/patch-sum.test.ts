import { describe, expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { normal, ones } from "../tensor/create.ts";
import { Rng } from "../tensor/rng.ts";
import { im2col } from "./im2col.ts";
import { patchSum } from "./patch-sum.ts";
import { permute } from "./permute.ts";
import { sum } from "./sum-broadcast.ts";

const rounding = 1e-13; // a few dozen additions of numbers near 1 in float64

describe("patchSum", () => {
  it("equals the sum of im2col over positions, for every kind of window and in any layout", () => {
    const x = permute(normal(new Rng(1), [2, 7, 6, 3], { dtype: "float64" }), [0, 3, 1, 2]); // [2, 3, 7, 6]
    const windows = [
      { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] },
      { kernel: [2, 3], stride: [2, 1], padding: [0, 2], dilation: [1, 1] },
      { kernel: [3, 2], stride: [1, 3], padding: [1, 0], dilation: [2, 3] },
    ] as const;
    for (const window of windows) {
      const want = sum(im2col(x, window), 2).dataSync();
      const got = patchSum(x, window);
      expect(got.shape).toEqual([2, 3 * window.kernel[0] * window.kernel[1]]);
      got.dataSync().forEach((value, i) => {
        expect(Math.abs(value - want[i]!)).toBeLessThan(rounding);
      });
    }
  });

  it("refuses what is not an image batch, and windows that do not fit", () => {
    const window = { kernel: [3, 3], stride: [1, 1], padding: [0, 0], dilation: [1, 1] } as const;
    expect(() => patchSum(ones([2, 3]), window)).toThrow(ShapeError);
    expect(() => patchSum(ones([1, 1, 2, 5]), window)).toThrow("a window of [3, 3] does not fit");
  });
});
