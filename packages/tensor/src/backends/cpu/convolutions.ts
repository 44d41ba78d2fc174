/**
 * Kernels of the convolutions and im2col: one product of strided matrices for each group, over all images at once.
 *
 * The matrix of patches needs no memory: its element (tap, place) is a pixel of the padded image, whose offset is one
 * number for the tap plus one for the place, and that is how `gemm` takes its matrices (an implicit im2col). The input's
 * gradient gathers in the same way: pixels between which the stride tells apart (their phase) see different taps, so each
 * phase is a product of its own.
 *
 *     y  [O, (N, oh, ow)]   = w  [O, (C, kh, kw)]    patches [(C, kh, kw), (N, oh, ow)]
 *     dw [O, (C, kh, kw)]   = dy [O, (N, oh, ow)]    patchesᵀ
 *     dx [C, (N, phase)]    = wᵀ [C, (O, taps)]      shifted dy [(O, taps), (N, phase)]
 */

import type { HostOperand, Kernel, Operand } from "../../backend.ts";
import type { Conv2dInputGradParams, Conv2dParams, Conv2dWeightGradParams } from "../../convolution.ts";
import { type TypedArray, typedArray } from "../../dtype.ts";
import { offsetsOf, outerSum, steps } from "../../offsets.ts";
import { sizeOf, stridesOf } from "../../shape.ts";
import type { Four, Pair, Window } from "../../window.ts";
import { gemm, type Matrix, shifted, transposed } from "./gemm.ts";

/** x [N, C, H, W], weight [O, C/groups, kh, kw], bias [O] → [N, O, oh, ow] */
export const conv2dKernel: Kernel = ([y], [x, weight, bias], { groups, ...geometry }: Conv2dParams) => {
  const [, , ...places] = y!.shape as unknown as Four;
  const [outputs, perGroup, ...kernel] = weight!.shape as unknown as Four;
  const count = outputs / groups;
  const image = padded(host(x!), geometry.padding, geometry.padding);
  const filters = filterMatrix(host(weight!), count);
  const patches = patchMatrix(image, perGroup, places, { ...geometry, kernel });
  const target = channelMatrix(host(y!), count);
  const start = bias && biasMatrix(host(bias), count, target.columns.length);
  for (let group = 0; group < groups; group++) {
    const first = group * count;
    gemm(
      shifted(filters, first * weight!.strides[0]!),
      shifted(patches, group * perGroup * image.strides[1]!),
      shifted(target, first * y!.strides[1]!),
      { start: start && shifted(start, first * bias!.strides[0]!) },
    );
  }
};

/** x [N, C, H, W], outputGrad [N, O, oh, ow] → [O, C/groups, kh, kw] */
export const conv2dWeightGradKernel: Kernel = ([weight], [x, grad], { groups, ...window }: Conv2dWeightGradParams) => {
  const [, , ...places] = grad!.shape as unknown as Four;
  const [outputs, perGroup] = weight!.shape as unknown as Four;
  const count = outputs / groups;
  const image = padded(host(x!), window.padding, window.padding);
  const cotangents = channelMatrix(host(grad!), count);
  const patches = transposed(patchMatrix(image, perGroup, places, window));
  const target = filterMatrix(host(weight!), count);
  for (let group = 0; group < groups; group++) {
    const first = group * count;
    gemm(
      shifted(cotangents, first * grad!.strides[1]!),
      shifted(patches, group * perGroup * image.strides[1]!),
      shifted(target, first * weight!.strides[0]!),
    );
  }
};

/** outputGrad [N, O, oh, ow], weight [O, C/groups, kh, kw] → [N, C, H, W] */
export const conv2dInputGradKernel: Kernel = ([x], [grad, weight], params: Conv2dInputGradParams) => {
  const { groups, stride, size } = params;
  const [n, , , width] = x!.shape as unknown as Four;
  const [outputs, perGroup, ...kernel] = weight!.shape as unknown as Four;
  const [wo, wc, wu, wv] = weight!.strides as unknown as Four;
  const count = outputs / groups;
  const [vertical, horizontal] = [phases(kernel, params, 0), phases(kernel, params, 1)];
  const before: Pair = [reach(vertical), reach(horizontal)];
  const after: Pair = [overhang(vertical, grad!.shape[2]!), overhang(horizontal, grad!.shape[3]!)];
  const source = padded(host(grad!), before, after);
  const [gn, go, gi, gj] = source.strides as unknown as Four;
  for (const rows of vertical) {
    for (const columns of horizontal) {
      const filters: Matrix = {
        data: host(weight!).data,
        offset: weight!.offset,
        rows: steps(perGroup, wc),
        columns: outerSum(
          steps(count, wo),
          rows.taps.map((u) => u * wu),
          columns.taps.map((v) => v * wv),
        ),
      };
      const cotangents: Matrix = {
        data: source.data,
        offset: source.offset + (before[0] + rows.from) * gi + (before[1] + columns.from) * gj,
        rows: outerSum(
          steps(count, go),
          rows.shifts.map((q) => -q * gi),
          columns.shifts.map((q) => -q * gj),
        ),
        columns: offsetsOf([n, rows.count, columns.count], [gn, gi, gj]),
      };
      const target: Matrix = {
        data: host(x!).data,
        offset: x!.offset + rows.pixel * width + columns.pixel,
        rows: steps(perGroup, size[0] * width),
        columns: offsetsOf([n, rows.count, columns.count], [x!.strides[0]!, stride[0] * width, stride[1]]),
      };
      for (let group = 0; group < groups; group++) {
        gemm(
          shifted(filters, group * count * wo),
          shifted(cotangents, group * count * go),
          shifted(target, group * perGroup * size[0] * width),
        );
      }
    }
  }
};

/** x [N, C, H, W] → [N, C·kh·kw, oh·ow] */
export const im2colKernel: Kernel = ([columns], [x], window: Window) => {
  const [n, , places] = columns!.shape as readonly [number, number, number];
  const image = padded(host(x!), window.padding, window.padding);
  const along = (axis: 0 | 1) =>
    Math.floor((image.shape[2 + axis]! - (window.kernel[axis] - 1) * window.dilation[axis] - 1) / window.stride[axis]) +
    1;
  const patches = patchMatrix(image, image.shape[1]!, [along(0), along(1)], window);
  const target = host(columns!);
  let to = target.offset;
  for (let first = 0; first < n * places; first += places) {
    for (const tap of patches.rows) {
      const start = patches.offset + tap;
      for (let p = first; p < first + places; p++) target.data[to++] = image.data[start + patches.columns[p]!]!;
    }
  }
};

function host({ handle, ...layout }: Operand): HostOperand {
  return { ...layout, data: handle as TypedArray };
}

/** Rows: taps (channel, kernel row, kernel column) of the first channels. Columns: places (image, row, column). */
function patchMatrix(image: HostOperand, channels: number, places: Pair, { kernel, stride, dilation }: Window): Matrix {
  const [n, c, y, x] = image.strides as unknown as Four;
  return {
    data: image.data,
    offset: image.offset,
    rows: offsetsOf([channels, ...kernel], [c, dilation[0] * y, dilation[1] * x]),
    columns: offsetsOf([image.shape[0]!, ...places], [n, stride[0] * y, stride[1] * x]),
  };
}

/** Rows: the first output channels. Columns: taps (channel, kernel row, kernel column). */
function filterMatrix({ data, offset, shape, strides }: HostOperand, count: number): Matrix {
  return { data, offset, rows: steps(count, strides[0]!), columns: offsetsOf(shape.slice(1), strides.slice(1)) };
}

/** Rows: the first channels. Columns: (image, row, column). */
function channelMatrix({ data, offset, shape, strides }: HostOperand, count: number): Matrix {
  const [n, , h, w] = shape as unknown as Four;
  const [image, channel, y, x] = strides as unknown as Four;
  return { data, offset, rows: steps(count, channel), columns: offsetsOf([n, h, w], [image, y, x]) };
}

/** Rows: the first output channels. Columns: the same value at every place. */
function biasMatrix({ data, offset, strides }: HostOperand, count: number, places: number): Matrix {
  return { data, offset, rows: steps(count, strides[0]!), columns: steps(places, 0) };
}

/** An image with zeros around it; the image itself where none are wanted. */
function padded(image: HostOperand, before: Pair, after: Pair): HostOperand {
  if (before[0] + before[1] + after[0] + after[1] === 0) return image;
  const [n, channels, h, w] = image.shape as unknown as Four;
  const shape = [n, channels, before[0] + h + after[0], before[1] + w + after[1]];
  const strides = stridesOf(shape);
  const data = typedArray(image.dtype, sizeOf(shape));
  const sources = offsetsOf([n, channels, h], image.strides);
  const targets = offsetsOf([n, channels, h], strides);
  const step = image.strides[3]!;
  const first = before[0] * shape[3]! + before[1];
  for (let row = 0; row < sources.length; row++) {
    let from = image.offset + sources[row]!;
    let to = first + targets[row]!;
    for (let column = 0; column < w; column++, from += step) data[to++] = image.data[from]!;
  }
  return { data, dtype: image.dtype, shape, strides, offset: 0 };
}

/**
 * Pixels of one residue modulo the stride, along one axis. In padded coordinates, pixel a + stride·t (t = from …) takes
 * from place t − shift for each of its taps, where shift = (tap·dilation − a)/stride.
 */
interface Phase {
  readonly taps: readonly number[];
  readonly shifts: readonly number[];
  /** First t, how many, and the first pixel in the image's own coordinates. */
  readonly from: number;
  readonly count: number;
  readonly pixel: number;
}

function phases(kernel: Pair, { size, stride, padding, dilation }: Conv2dInputGradParams, axis: 0 | 1): Phase[] {
  const [step, before, spread] = [stride[axis], padding[axis], dilation[axis]];
  return Array.from({ length: step }, (_, a) => {
    const taps = [...Array(kernel[axis]).keys()].filter((tap) => (tap * spread) % step === a);
    const from = Math.ceil((before - a) / step);
    const count = Math.floor((before + size[axis] - 1 - a) / step) - from + 1;
    const shifts = taps.map((tap) => (tap * spread - a) / step);
    return { taps, shifts, from, count, pixel: a + step * from - before };
  });
}

/** How far the taps reach before place 0 at most. */
function reach(list: readonly Phase[]): number {
  return Math.max(0, ...list.flatMap(({ shifts, from }) => shifts.map((shift) => shift - from)));
}

/** How far the taps reach beyond the last place at most. */
function overhang(list: readonly Phase[], places: number): number {
  return Math.max(
    0,
    ...list.flatMap(({ shifts, from, count }) => shifts.map((shift) => from + count - shift - places)),
  );
}
