/**
 * The loops of the convolutions: one product of strided matrices for each group, over all images at once.
 *
 * The matrix of patches needs no memory: its element (tap, place) is a pixel of the padded image, whose offset is one
 * number for the tap plus one for the place, and that is how `gemm` takes its matrices (an implicit im2col). The input's
 * gradient is one product for each tap, added to the pixels that the tap meets; so no product is with padding.
 *
 *     y  [O, (N, oh, ow)]   =  w  [O, (C, kh, kw)]    patches  [(C, kh, kw), (N, oh, ow)]
 *     dw [O, (C, kh, kw)]   =  dy [O, (N, oh, ow)]    patchesᵀ [(N, oh, ow), (C, kh, kw)]
 *     dx [C, (N, pixels)]  +=  w(tap)ᵀ [C, O]         dy       [O, (N, places)]            for each tap
 */

import type { HostOperand } from "../backend.ts";
import type { Conv2dInputGradParams, Conv2dParams, Conv2dWeightGradParams } from "../convolution.ts";
import { typedArray } from "../dtype.ts";
import { offsetsOf, steps } from "../offsets.ts";
import type { Reference } from "../op.ts";
import { sizeOf, stridesOf } from "../shape.ts";
import type { Four, Pair, Window } from "../window.ts";
import { gemm, type Matrix, shifted, transposed } from "./gemm.ts";
import { runOf } from "./patches.ts";

/** x [N, C, H, W], weight [O, C/groups, kh, kw], bias [O] → [N, O, oh, ow] */
export const conv2dLoops: Reference<Conv2dParams> = ([y], [x, weight, bias], { groups, ...geometry }) => {
  const [, , ...places] = y!.shape as unknown as Four;
  const [outputs, perGroup, ...kernel] = weight!.shape as unknown as Four;
  const count = outputs / groups;
  const image = padded(x!, geometry.padding);
  const filters = filterMatrix(weight!, count);
  const patches = patchMatrix(image, perGroup, places, { ...geometry, kernel });
  const target = channelMatrix(y!, count);
  const start = bias && biasMatrix(bias, count, target.columns.length);
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
export const conv2dWeightGradLoops: Reference<Conv2dWeightGradParams> = (
  [weight],
  [x, grad],
  { groups, ...window },
) => {
  const [, , ...places] = grad!.shape as unknown as Four;
  const [outputs, perGroup] = weight!.shape as unknown as Four;
  const count = outputs / groups;
  const image = padded(x!, window.padding);
  const cotangents = channelMatrix(grad!, count);
  const patches = transposed(patchMatrix(image, perGroup, places, window));
  const target = filterMatrix(weight!, count);
  for (let group = 0; group < groups; group++) {
    const first = group * count;
    gemm(
      shifted(cotangents, first * grad!.strides[1]!),
      shifted(patches, group * perGroup * image.strides[1]!),
      shifted(target, first * weight!.strides[0]!),
    );
  }
};

/** outputGrad [N, O, oh, ow], weight [O, C/groups, kh, kw] → [N, C, H, W]; the sum is rounded to its dtype after each tap. */
export const conv2dInputGradLoops: Reference<Conv2dInputGradParams> = ([x], [grad, weight], params) => {
  const [n, , oh, ow] = grad!.shape as unknown as Four;
  const [outputs, perGroup, kh, kw] = weight!.shape as unknown as Four;
  const [xn, xc, xy, xx] = x!.strides as unknown as Four;
  const [gn, go, gi, gj] = grad!.strides as unknown as Four;
  const [wo, wc, wu, wv] = weight!.strides as unknown as Four;
  const count = outputs / params.groups;
  const { data, offset } = x!;
  const { size, stride } = params;
  data.fill(0, offset, offset + sizeOf(x!.shape));
  for (let u = 0; u < kh; u++) {
    const rows = runOf(u, 0, oh, size, params);
    for (let v = 0; v < kw; v++) {
      const columns = runOf(v, 1, ow, size, params);
      const tap: Matrix = {
        data: weight!.data,
        offset: weight!.offset + u * wu + v * wv,
        rows: steps(perGroup, wc),
        columns: steps(count, wo),
      };
      const cotangents: Matrix = {
        data: grad!.data,
        offset: grad!.offset + rows.place * gi + columns.place * gj,
        rows: steps(count, go),
        columns: offsetsOf([n, rows.count, columns.count], [gn, gi, gj]),
      };
      const target: Matrix = {
        data,
        offset: offset + rows.pixel * xy + columns.pixel * xx,
        rows: steps(perGroup, xc),
        columns: offsetsOf([n, rows.count, columns.count], [xn, stride[0] * xy, stride[1] * xx]),
      };
      for (let group = 0; group < params.groups; group++) {
        const pixels = shifted(target, group * perGroup * xc);
        gemm(shifted(tap, group * count * wo), shifted(cotangents, group * count * go), pixels, { start: pixels });
      }
    }
  }
};

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
function padded(image: HostOperand, [top, left]: Pair): HostOperand {
  if (top + left === 0) return image;
  const [n, channels, h, w] = image.shape as unknown as Four;
  const shape = [n, channels, h + 2 * top, w + 2 * left];
  const strides = stridesOf(shape);
  const data = typedArray(image.dtype, sizeOf(shape));
  const sources = offsetsOf([n, channels, h], image.strides);
  const targets = offsetsOf([n, channels, h], strides);
  const step = image.strides[3]!;
  const first = top * shape[3]! + left;
  for (let row = 0; row < sources.length; row++) {
    let from = image.offset + sources[row]!;
    let to = first + targets[row]!;
    for (let column = 0; column < w; column++, from += step) data[to++] = image.data[from]!;
  }
  return { data, dtype: image.dtype, shape, strides, offset: 0 };
}
