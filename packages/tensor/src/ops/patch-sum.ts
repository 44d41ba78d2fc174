/**
 * Sums of convolution patches over all output positions, without im2col: kh·kw window sums of the padded input.
 *
 * It is what the reductions of SKFAC need of a convolution's input: Σ_t u_t for the im2col columns u_t.
 * Source: derived here. Σ_t u_t[c, i, j] = Σ_{y,x} input[c, y·s + i·d − p, x·s + j·d − p].
 */

import { randomConvolution } from "../convolution.ts";
import { defineOp, run, type Spec } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { type Four, fourAxes, lastTwo, outputSize, type Window } from "../window.ts";
import { col2im } from "./im2col.ts";
import { reshape } from "./reshape.ts";
import { broadcastTo } from "./sum.ts";

const patchSumOp = defineOp<Window>({
  name: "patchSum",
  shape([x], window) {
    const { shape, dtype } = x as Spec;
    const [n, channels, h, w] = fourAxes("patchSum", "x", shape);
    outputSize("patchSum", [h, w], window);
    return [{ shape: [n, channels * window.kernel[0] * window.kernel[1]], dtype }];
  },
  reference([out], [x], window) {
    const { kernel, stride, padding, dilation } = window;
    const { data, offset } = x!;
    const [n, channels, h, w] = x!.shape as unknown as Four;
    const [xn, xc, xy, xx] = x!.strides as unknown as Four;
    const [oh, ow] = outputSize("patchSum", [h, w], window);
    let to = out!.offset;
    for (let image = 0; image < n; image++) {
      for (let c = 0; c < channels; c++) {
        const plane = offset + image * xn + c * xc;
        for (let u = 0; u < kernel[0]; u++) {
          for (let v = 0; v < kernel[1]; v++) {
            let total = 0;
            for (let i = 0; i < oh; i++) {
              const row = i * stride[0] + u * dilation[0] - padding[0];
              if (row < 0 || row >= h) continue;
              for (let j = 0; j < ow; j++) {
                const column = j * stride[1] + v * dilation[1] - padding[1];
                if (column >= 0 && column < w) total += data[plane + row * xy + column * xx]!;
              }
            }
            out!.data[to++] = total;
          }
        }
      }
    }
  },
  vjp: {
    pull([cotangent], { specs }, window) {
      const { shape } = specs[0] as Spec;
      const size = lastTwo(shape);
      const [n, rows] = (cotangent as Tensor).shape as [number, number];
      const [oh, ow] = outputSize("patchSum", size, window);
      const everywhere = broadcastTo(reshape(cotangent as Tensor, [n, rows, 1]), [n, rows, oh * ow]);
      return [col2im(everywhere, { ...window, size })];
    },
  },
  samples(rng) {
    const { x, weight, params } = randomConvolution(rng);
    const { stride, padding, dilation } = params;
    return { inputs: [{ shape: x }], params: { kernel: lastTwo(weight), stride, padding, dilation } };
  },
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
