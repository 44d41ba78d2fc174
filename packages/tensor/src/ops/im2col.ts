/**
 * Patches of images as columns of matrices, and the transpose of that map; each is the other's vector–Jacobian product.
 *
 * A column is one place of the window (places row-major); a row is one (channel, kernel row, kernel column). Then a
 * convolution is weight [O, C·kh·kw] times columns, and second moments of patches are products of columns.
 */

import { randomConvolution } from "../convolution.ts";
import { ShapeError } from "../errors.ts";
import { defineOp, run } from "../op.ts";
import type { Rng } from "../rng.ts";
import type { Tensor } from "../tensor.ts";
import { type Four, fourAxes, lastTwo, outputSize, type Pair, type PairLike, pair, type Window } from "../window.ts";

/** What `col2im` is given: the window and the image's size [H, W]. */
export interface Col2imParams extends Window {
  readonly size: Pair;
}

/** The op behind `im2col`. */
export const im2colOp = defineOp<Window>({
  name: "im2col",

  shape([x], window) {
    const [n, channels, h, w] = fourAxes("im2col", "x", x!.shape);
    const [oh, ow] = outputSize("im2col", [h, w], window);
    return [{ shape: [n, channels * window.kernel[0] * window.kernel[1], oh * ow], dtype: x!.dtype }];
  },

  reference([columns], [x], { kernel: [kh, kw], stride, padding, dilation }) {
    const [n, channels, h, w] = x!.shape as unknown as Four;
    const [xn, xc, xy, xx] = x!.strides as unknown as Four;
    const [oh, ow] = outputSize("im2col", [h, w], { kernel: [kh, kw], stride, padding, dilation });
    let to = columns!.offset;
    for (let image = 0; image < n; image++) {
      for (let c = 0; c < channels; c++) {
        const plane = x!.offset + image * xn + c * xc;
        for (let u = 0; u < kh; u++) {
          for (let v = 0; v < kw; v++) {
            for (let i = 0; i < oh; i++) {
              const row = i * stride[0] + u * dilation[0] - padding[0];
              for (let j = 0; j < ow; j++) {
                const column = j * stride[1] + v * dilation[1] - padding[1];
                const isInside = row >= 0 && row < h && column >= 0 && column < w;
                columns!.data[to++] = isInside ? x!.data[plane + row * xy + column * xx]! : 0;
              }
            }
          }
        }
      }
    }
  },

  vjp: {
    pull: ([cotangent], { specs }, window) => [col2im(cotangent!, { ...window, size: lastTwo(specs[0]!.shape) })],
  },

  samples(rng) {
    const { x, window } = randomPatches(rng);
    return { inputs: [{ shape: x }], params: window };
  },
});

/** The op behind `col2im`. */
export const col2imOp = defineOp<Col2imParams>({
  name: "col2im",

  shape([columns], params) {
    const { kernel, size } = params;
    const [oh, ow] = outputSize("col2im", size, params);
    const [n, rows, places] = columns!.shape;
    const taps = kernel[0] * kernel[1];
    if (columns!.shape.length !== 3 || places !== oh * ow || rows! % taps !== 0) {
      throw new ShapeError({
        where: "col2im",
        problem: "columns do not belong to this window and image size",
        expected: `[N, C·${taps}, ${oh * ow}]`,
        got: columns!.shape,
        help: "Give the kernel, stride, padding and dilation that made the columns.",
        details: { columns: columns!.shape, ...params },
      });
    }
    return [{ shape: [n!, rows! / taps, ...size], dtype: columns!.dtype }];
  },

  reference([x], [columns], params) {
    const { kernel, stride, padding, dilation, size } = params;
    const [kh, kw] = kernel;
    const [n, channels, h, w] = x!.shape as unknown as Four;
    const [oh, ow] = outputSize("col2im", size, params);
    const [image, tap, place] = columns!.strides as readonly [number, number, number];
    let to = x!.offset;
    for (let b = 0; b < n; b++) {
      for (let c = 0; c < channels; c++) {
        const block = columns!.offset + b * image + c * kh * kw * tap;
        for (let row = 0; row < h; row++) {
          for (let column = 0; column < w; column++) {
            let total = 0;
            for (let u = 0; u < kh; u++) {
              const i = (row + padding[0] - u * dilation[0]) / stride[0]; // the place whose tap u is this pixel
              if (!Number.isInteger(i) || i < 0 || i >= oh) continue;
              for (let v = 0; v < kw; v++) {
                const j = (column + padding[1] - v * dilation[1]) / stride[1];
                if (!Number.isInteger(j) || j < 0 || j >= ow) continue;
                total += columns!.data[block + (u * kw + v) * tap + (i * ow + j) * place]!;
              }
            }
            x!.data[to++] = total;
          }
        }
      }
    }
  },

  vjp: {
    pull: ([cotangent], _, { size: __, ...window }) => [run(im2colOp, [cotangent!], window)],
  },

  samples(rng) {
    const { x, window } = randomPatches(rng);
    const [n, channels, h, w] = x;
    const [oh, ow] = outputSize("col2im", [h, w], window);
    const shape = [n, channels * window.kernel[0] * window.kernel[1], oh * ow];
    return { inputs: [{ shape }], params: { ...window, size: [h, w] } };
  },
});

function randomPatches(rng: Rng): { x: Four; window: Window } {
  const { x, weight, params } = randomConvolution(rng);
  const { stride, padding, dilation } = params;
  return { x, window: { kernel: lastTwo(weight), stride, padding, dilation } };
}

/** Options of `im2col`; numbers stand for both directions, pairs are [vertical, horizontal]. */
export interface Im2colOptions {
  readonly kernel: PairLike;
  /** Default 1. */
  readonly stride?: PairLike;
  /** Zeros added on each side; default 0. */
  readonly padding?: PairLike;
  /** Default 1. */
  readonly dilation?: PairLike;
}

function windowOf(where: string, { kernel, stride = 1, padding = 0, dilation = 1 }: Im2colOptions): Window {
  return {
    kernel: pair(where, "kernel", kernel, 1),
    stride: pair(where, "stride", stride, 1),
    padding: pair(where, "padding", padding, 0),
    dilation: pair(where, "dilation", dilation, 1),
  };
}

/**
 * Copy every patch that a window sees into a column.
 *
 * @param x  [N, C, H, W]
 * @returns  [N, C·kh·kw, oh·ow]; rows by (channel, kernel row, kernel column), columns by place, row-major
 * @throws {ShapeError}  the kernel is larger than the padded image
 * @throws {UsageError}  an option is no whole number
 * @example
 * im2col(tensor([[[[1, 2], [3, 4]]]]), { kernel: [1, 2] });   // [[[1, 3], [2, 4]]]
 */
export function im2col(x: Tensor, options: Im2colOptions): Tensor {
  return run(im2colOp, [x], windowOf("im2col", options));
}

/**
 * Add every column back to where `im2col` took it from: its transpose, not its inverse.
 *
 * @param columns  [N, C·kh·kw, oh·ow]
 * @param options  those of `im2col`, and the image's size [H, W]
 * @returns        [N, C, H, W]
 * @throws {ShapeError}  the columns do not belong to such a window and image
 */
export function col2im(columns: Tensor, { size, ...options }: Im2colOptions & { readonly size: PairLike }): Tensor {
  return run(col2imOp, [columns], { ...windowOf("col2im", options), size: pair("col2im", "size", size, 1) });
}
