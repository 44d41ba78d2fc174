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

import { offsetsOf, steps } from "../layout/offsets.ts";
import type { HostOperand } from "../layout/operand.ts";
import type { Pair, Window } from "../layout/window.ts";
import type { Reference } from "../op/op.ts";
import type { Conv2dInputGradParams, Conv2dParams, Conv2dWeightGradParams } from "../ops/parts/convolution.ts";
import { typedArray } from "../tensor/dtype.ts";
import { dims, sizeOf, stridesOf } from "../tensor/shape.ts";
import { gemm, type Matrix, shifted, transposed } from "./gemm.ts";
import { runOf } from "./patches.ts";

/** A matrix, and how far on it starts for the next group of channels. */
type Grouped = readonly [matrix: Matrix, step: number];

/** C = A B for each group; with `start`, C = start + A B. */
function gemmByGroup(groups: number, a: Grouped, b: Grouped, c: Grouped, start?: Grouped): void {
  for (let group = 0; group < groups; group++) {
    const at = ([matrix, step]: Grouped) => shifted(matrix, group * step);
    gemm(at(a), at(b), at(c), { start: start && at(start) });
  }
}

/** x [N, C, H, W], weight [O, C/groups, kh, kw], bias [O] → [N, O, oh, ow] */
export const conv2dLoops: Reference<Conv2dParams, ["x", "weight", ..."bias"[]]> = (
  [y],
  [x, weight, bias],
  { groups, ...geometry },
) => {
  const [, , ...places] = dims(y.shape, 4);
  const [outputs, perGroup, ...kernel] = dims(weight.shape, 4);
  const count = outputs / groups;
  const image = padded(x, geometry.padding);
  const patches = patchMatrix(image, perGroup, places, { ...geometry, kernel });
  const ofBias = (b: HostOperand): Matrix => ({
    ...b,
    rows: steps(count, b.strides[0]!),
    columns: steps(patches.columns.length, 0), // the same value at every place
  });
  gemmByGroup(
    groups,
    [filterMatrix(weight, count), count * weight.strides[0]!],
    [patches, perGroup * image.strides[1]!],
    [channelMatrix(y, count), count * y.strides[1]!],
    bias && [ofBias(bias), count * bias.strides[0]!],
  );
};

/** x [N, C, H, W], outputGrad [N, O, oh, ow] → [O, C/groups, kh, kw] */
export const conv2dWeightGradLoops: Reference<Conv2dWeightGradParams, ["x", "outputGrad"]> = (
  [weight],
  [x, grad],
  { groups, ...window },
) => {
  const [, , ...places] = dims(grad.shape, 4);
  const [outputs, perGroup] = dims(weight.shape, 4);
  const count = outputs / groups;
  const image = padded(x, window.padding);
  gemmByGroup(
    groups,
    [channelMatrix(grad, count), count * grad.strides[1]!],
    [transposed(patchMatrix(image, perGroup, places, window)), perGroup * image.strides[1]!],
    [filterMatrix(weight, count), count * weight.strides[0]!],
  );
};

/** outputGrad [N, O, oh, ow], weight [O, C/groups, kh, kw] → [N, C, H, W]; the sum is rounded to its dtype after each tap. */
export const conv2dInputGradLoops: Reference<Conv2dInputGradParams, ["outputGrad", "weight"]> = (
  [x],
  [grad, weight],
  params,
) => {
  const [n, , oh, ow] = dims(grad.shape, 4);
  const [outputs, perGroup, kh, kw] = dims(weight.shape, 4);
  const [xn, xc, xy, xx] = dims(x.strides, 4);
  const [gn, go, gi, gj] = dims(grad.strides, 4);
  const [wo, wc, wu, wv] = dims(weight.strides, 4);
  const { size, stride, groups } = params;
  const count = outputs / groups;
  x.data.fill(0, x.offset, x.offset + sizeOf(x.shape));
  for (let u = 0; u < kh; u++) {
    const rows = runOf(u, 0, oh, size, params);
    for (let v = 0; v < kw; v++) {
      const columns = runOf(v, 1, ow, size, params);
      const places = [n, rows.count, columns.count];
      const tap = shifted({ ...weight!, rows: steps(perGroup, wc), columns: steps(count, wo) }, u * wu + v * wv);
      const cotangents = { ...grad!, rows: steps(count, go), columns: offsetsOf(places, [gn, gi, gj]) };
      const pixels = offsetsOf(places, [xn, stride[0] * xy, stride[1] * xx]);
      const target = { ...x!, rows: steps(perGroup, xc), columns: pixels };
      const sum: Grouped = [shifted(target, rows.pixel * xy + columns.pixel * xx), perGroup * xc];
      const ofPlaces = shifted(cotangents, rows.place * gi + columns.place * gj);
      gemmByGroup(groups, [tap, count * wo], [ofPlaces, count * go], sum, sum);
    }
  }
};

/** Rows: taps (channel, kernel row, kernel column) of the first channels. Columns: places (image, row, column). */
function patchMatrix(image: HostOperand, channels: number, places: Pair, { kernel, stride, dilation }: Window): Matrix {
  const [n, c, y, x] = dims(image.strides, 4);
  return {
    ...image,
    rows: offsetsOf([channels, ...kernel], [c, dilation[0] * y, dilation[1] * x]),
    columns: offsetsOf([image.shape[0]!, ...places], [n, stride[0] * y, stride[1] * x]),
  };
}

/** Rows: the first output channels. Columns: taps (channel, kernel row, kernel column). */
function filterMatrix(weight: HostOperand, count: number): Matrix {
  const { shape, strides } = weight;
  return { ...weight, rows: steps(count, strides[0]!), columns: offsetsOf(shape.slice(1), strides.slice(1)) };
}

/** Rows: the first channels. Columns: (image, row, column). */
function channelMatrix(images: HostOperand, count: number): Matrix {
  const [n, , h, w] = dims(images.shape, 4);
  const [image, channel, y, x] = dims(images.strides, 4);
  return { ...images, rows: steps(count, channel), columns: offsetsOf([n, h, w], [image, y, x]) };
}

/** An image with zeros around it; the image itself where none are wanted. */
function padded(image: HostOperand, [top, left]: Pair): HostOperand {
  if (top + left === 0) return image;
  const [n, channels, h, w] = dims(image.shape, 4);
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
