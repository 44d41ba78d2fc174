/**
 * Patches of images as columns of matrices, and the transpose of that map; each is the other's vector–Jacobian product.
 *
 * A column is one place of the window (places row-major); a row is one (channel, kernel row, kernel column). Then a
 * convolution is weight [O, C·kh·kw] times columns, and second moments of patches are products of columns.
 */

import { ShapeError } from "../errors.ts";
import { rowMajor } from "../layout/rows.ts";
import {
  type Four,
  fourAxes,
  lastTwo,
  outputSize,
  type Pair,
  type PairLike,
  pair,
  type Window,
} from "../layout/window.ts";
import { forEachRun } from "../loops/patches.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import type { Rng } from "../tensor/rng.ts";
import { dims, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { randomConvolution } from "./parts/convolution.ts";

/** Parameters of `col2im`: the window and the image's size [H, W]. */
export interface Col2imParams extends Window {
  readonly size: Pair;
}

/** The op behind `im2col`. */
export const im2colOp = /* @__PURE__ */ defineOp<Window, ["x"]>({
  name: "im2col",

  shape([x], window) {
    const [n, channels, h, w] = fourAxes("im2col", "x", x.shape);
    const [oh, ow] = outputSize("im2col", [h, w], window);
    return [{ shape: [n, channels * window.kernel[0] * window.kernel[1], oh * ow], dtype: x.dtype }];
  },

  reference([columns], [x], window) {
    const { data, offset } = columns;
    const [, , places] = dims(columns.shape, 3);
    data.fill(0, offset, offset + sizeOf(columns.shape));
    forEachRun(x, window, (line, place, at, count, step) => {
      const to = offset + line * places + place;
      for (let j = 0; j < count; j++) data[to + j] = x.data[at + j * step]!;
    });
  },

  vjp: {
    pull: ([cotangent], { specs }, window) => [col2im(cotangent, { ...window, size: lastTwo(specs[0].shape) })],
  },
});

/* @__PURE__ */ sampled(im2colOp, (rng) => {
  const { x, window } = randomPatches(rng);
  return { inputs: [{ shape: x }], params: window };
});

/** The op behind `col2im`. */
export const col2imOp = /* @__PURE__ */ defineOp<Col2imParams, ["columns"]>({
  name: "col2im",

  shape([columns], params) {
    const { kernel, size } = params;
    const [oh, ow] = outputSize("col2im", size, params);
    const [n, rows, places] = columns.shape;
    const taps = kernel[0] * kernel[1];
    if (columns.shape.length !== 3 || places !== oh * ow || rows! % taps !== 0) {
      throw new ShapeError({
        where: "col2im",
        problem: "columns do not belong to this window and image size",
        expected: `[N, C·${taps}, ${oh * ow}]`,
        got: columns.shape,
        help: "Give the kernel, stride, padding and dilation that made the columns.",
      });
    }
    return [{ shape: [n!, rows! / taps, ...size], dtype: columns.dtype }];
  },

  reference([x], [columns], params) {
    const values = rowMajor(columns);
    const [, , places] = dims(columns.shape, 3);
    const sums = new Float64Array(sizeOf(x.shape));
    forEachRun({ ...x!, offset: 0 }, params, (line, place, at, count, step) => {
      const from = line * places + place;
      for (let j = 0; j < count; j++) sums[at + j * step]! += values[from + j]!;
    });
    x.data.set(sums, x.offset);
  },

  vjp: {
    pull: ([cotangent], _, { size: __, ...window }) => [run(im2colOp, [cotangent], window)],
  },
});

/* @__PURE__ */ sampled(col2imOp, (rng) => {
  const { x, window } = randomPatches(rng);
  const [n, channels, ...size] = x;
  const shape = [n, channels * sizeOf(window.kernel), sizeOf(outputSize("col2im", size, window))];
  return { inputs: [{ shape }], params: { ...window, size } };
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
