/**
 * Sums of convolution patches over all output positions, without im2col: kh·kw window sums of the padded input.
 *
 * It is what the reductions of SKFAC need of a convolution's input: Σ_t u_t for the im2col columns u_t.
 * Source: derived here. Σ_t u_t[c, i, j] = Σ_{y,x} input[c, y·s + i·d − p, x·s + j·d − p].
 */

import { defineOp, run, type Spec } from "../op.ts";
import { broadcastTo } from "./sum.ts";
import { col2im } from "./im2col.ts";
import { reshape } from "./reshape.ts";
import type { Tensor } from "../tensor.ts";

/** How patches are read; each pair is [vertical, horizontal]. */
export interface PatchGeometry {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** Output positions along one spatial axis (0 vertical, 1 horizontal). */
function positionsAlong(size: number, { kernel, stride, padding, dilation }: PatchGeometry, axis: 0 | 1): number {
  return Math.floor((size + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
}

export const patchSumOp = defineOp<PatchGeometry>({
  name: "patchSum",
  shape([x], { kernel }) {
    const { shape, dtype } = x as Spec;
    return [{ shape: [shape[0] as number, (shape[1] as number) * kernel[0] * kernel[1]], dtype }];
  },
  reference([out], [x], geometry) {
    const { kernel, stride, padding, dilation } = geometry;
    const { data, shape, strides, offset } = x!;
    const [N, C, H, W] = shape as [number, number, number, number];
    const rows = positionsAlong(H, geometry, 0);
    const columns = positionsAlong(W, geometry, 1);
    let write = out!.offset;
    for (let n = 0; n < N; n++) {
      for (let c = 0; c < C; c++) {
        const image = offset + n * strides[0]! + c * strides[1]!;
        for (let i = 0; i < kernel[0]; i++) {
          for (let j = 0; j < kernel[1]; j++) {
            let total = 0;
            for (let row = 0; row < rows; row++) {
              const y = row * stride[0] + i * dilation[0] - padding[0];
              if (y < 0 || y >= H) continue;
              for (let column = 0; column < columns; column++) {
                const x0 = column * stride[1] + j * dilation[1] - padding[1];
                if (x0 >= 0 && x0 < W) total += data[image + y * strides[2]! + x0 * strides[3]!]!;
              }
            }
            out!.data[write++] = total;
          }
        }
      }
    }
  },
  vjp: {
    pull([cotangent], { specs }, geometry) {
      const [N, C, H, W] = (specs[0] as Spec).shape as [number, number, number, number];
      const positions = positionsAlong(H, geometry, 0) * positionsAlong(W, geometry, 1);
      const everywhere = broadcastTo(reshape(cotangent as Tensor, [N, -1, 1]), [N, C * geometry.kernel[0] * geometry.kernel[1], positions]);
      return [col2im(everywhere, { ...geometry, size: [H, W] })];
    },
  },
  samples(rng) {
    const pair = (low: number, high: number): [number, number] => [low + rng.integer(high - low + 1), low + rng.integer(high - low + 1)];
    const params = { kernel: pair(1, 3), stride: pair(1, 2), padding: pair(0, 1), dilation: pair(1, 2) };
    return { inputs: [{ shape: [1 + rng.integer(2), 1 + rng.integer(2), 5 + rng.integer(2), 5 + rng.integer(2)] }], params };
  },
});

/**
 * Σ over output positions of the patches that a convolution reads.
 *
 * @param x  [N, C, H, W]
 * @returns  [N, C·kh·kw], in the order (channel, kernel row, kernel column)
 * @cost N·C·kh·kw·positions additions, no memory beyond the result
 */
export function patchSum(x: Tensor, { kernel, stride, padding, dilation }: PatchGeometry): Tensor {
  return run(patchSumOp, [x], { kernel, stride, padding, dilation });
}
