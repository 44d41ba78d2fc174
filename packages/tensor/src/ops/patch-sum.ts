/**
 * Sums of convolution patches over all output positions, without im2col: kh·kw window sums of the padded input.
 *
 * It is what the reductions of SKFAC need of a convolution's input: Σ_t u_t for the im2col columns u_t.
 * Source: derived here. Σ_t u_t[c, i, j] = Σ_{y,x} input[c, y·s + i·d − p, x·s + j·d − p].
 */

import { fourAxes, lastTwo, outputSize, type Window } from "../layout/window.ts";
import { forEachRun } from "../loops/patches.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { full } from "../tensor/create.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { conv2dInputGrad } from "./conv2d.ts";
import { randomConvolution } from "./parts/convolution.ts";
import { reshape } from "./reshape.ts";

/** The op behind `patchSum`. */
export const patchSumOp = /* @__PURE__ */ defineOp<Window, ["x"]>({
  name: "patchSum",
  shape([x], window) {
    const { shape, dtype } = x;
    const [n, channels, h, w] = fourAxes("patchSum", "x", shape);
    outputSize("patchSum", [h, w], window);
    return [{ shape: [n, channels * window.kernel[0] * window.kernel[1]], dtype }];
  },
  reference([out], [x], window) {
    const sums = new Float64Array(sizeOf(out.shape));
    forEachRun(x, window, (line, _, at, count, step) => {
      let total = sums[line]!;
      for (let j = 0; j < count; j++) total += x.data[at + j * step]!;
      sums[line] = total;
    });
    out.data.set(sums, out.offset);
  },
  vjp: {
    // The sums are those of a convolution's weight gradient, each plane a group of its own and each output gradient 1.
    pull([cotangent], { specs }, window) {
      const { shape } = specs[0];
      const size = lastTwo(shape);
      const groups = sizeOf(shape.slice(0, 2));
      const ones = full([1, groups, ...outputSize("patchSum", size, window)], 1, cotangent);
      const weight = reshape(cotangent, [groups, 1, ...window.kernel]);
      return [reshape(conv2dInputGrad(ones, weight, { ...window, size, groups }), shape)];
    },
  },
});

/* @__PURE__ */ sampled(patchSumOp, (rng) => {
  const { x, weight, params } = randomConvolution(rng);
  const { stride, padding, dilation } = params;
  return { inputs: [{ shape: x }], params: { kernel: lastTwo(weight), stride, padding, dilation } };
});

/**
 * Σ over output positions of the patches that a convolution reads.
 *
 * @param x  [N, C, H, W]
 * @returns  [N, C·kh·kw], in the order (channel, kernel row, kernel column)
 * @throws {ShapeError} x is not an image batch, or the window is larger than the padded image
 * @cost N·C·kh·kw·positions additions, no memory beyond the result
 */
export function patchSum(x: Tensor, { kernel, stride, padding, dilation }: Window): Tensor {
  return run(patchSumOp, [x], { kernel, stride, padding, dilation });
}
