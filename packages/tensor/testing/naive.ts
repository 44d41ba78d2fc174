/** Ops by their definitions, one output element after another: what the loops of this package are tested against. */

import { batchOffsets, offsetsOf } from "../src/layout/offsets.ts";
import { forEachRow } from "../src/layout/rows.ts";
import { type Four, outputSize, type Window } from "../src/layout/window.ts";
import type { Reduced } from "../src/loops/sums.ts";
import type { Reference } from "../src/op/op.ts";
import type { Col2imParams } from "../src/ops/im2col.ts";
import type { Conv2dInputGradParams, Conv2dParams, Conv2dWeightGradParams } from "../src/ops/parts/convolution.ts";

type None = Record<string, never>;

export const matmul: Reference<None> = ([out], [a, b]) => {
  const lead = out!.shape.slice(0, -2);
  const [m, n] = out!.shape.slice(-2) as [number, number];
  const [rowA, stepA] = a!.strides.slice(-2) as [number, number];
  const [stepB, columnB] = b!.strides.slice(-2) as [number, number];
  const depth = a!.shape.at(-1) as number;
  const starts = batchOffsets(b!, lead);
  let to = out!.offset;
  batchOffsets(a!, lead).forEach((startA, batch) => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let atA = a!.offset + startA + i * rowA;
        let atB = b!.offset + starts[batch]! + j * columnB;
        let total = 0;
        for (let k = 0; k < depth; k++, atA += stepA, atB += stepB) total += a!.data[atA]! * b!.data[atB]!;
        out!.data[to++] = total;
      }
    }
  });
};

export const linear: Reference<None> = ([y], [x, weight, bias]) => {
  const [outputs, features] = weight!.shape as [number, number];
  const [outputStep, featureStep] = weight!.strides as [number, number];
  const step = x!.strides.at(-1) as number;
  let to = y!.offset;
  for (const row of offsetsOf(x!.shape.slice(0, -1), x!.strides)) {
    for (let o = 0; o < outputs; o++) {
      let atX = x!.offset + row;
      let atW = weight!.offset + o * outputStep;
      let total = bias === undefined ? 0 : bias.data[bias.offset + o * bias.strides[0]!]!;
      for (let i = 0; i < features; i++, atX += step, atW += featureStep) total += x!.data[atX]! * weight!.data[atW]!;
      y!.data[to++] = total;
    }
  }
};

export const sum: Reference<Reduced> = ([out], [x], { axes }) => {
  const { data } = x!;
  forEachRow(x!, axes, (row, positions) => {
    let total = 0;
    for (let i = 0; i < positions.length; i++) total += data[positions[i]!]!;
    out!.data[out!.offset + row] = total;
  });
};

export const conv2d: Reference<Conv2dParams> = ([y], [x, weight, bias], { stride, padding, dilation, groups }) => {
  const [n, outputs, oh, ow] = y!.shape as unknown as Four;
  const [, , h, w] = x!.shape as unknown as Four;
  const [, perGroup, kh, kw] = weight!.shape as unknown as Four;
  const [xn, xc, xy, xx] = x!.strides as unknown as Four;
  const [wo, wc, wu, wv] = weight!.strides as unknown as Four;
  let to = y!.offset;
  for (let image = 0; image < n; image++) {
    for (let o = 0; o < outputs; o++) {
      const firstChannel = Math.floor((o * groups) / outputs) * perGroup;
      const start = bias === undefined ? 0 : bias.data[bias.offset + o * bias.strides[0]!]!;
      for (let i = 0; i < oh; i++) {
        for (let j = 0; j < ow; j++) {
          let total = start;
          for (let c = 0; c < perGroup; c++) {
            const atX = x!.offset + image * xn + (firstChannel + c) * xc;
            const atW = weight!.offset + o * wo + c * wc;
            for (let u = 0; u < kh; u++) {
              const row = i * stride[0] + u * dilation[0] - padding[0];
              if (row < 0 || row >= h) continue;
              for (let v = 0; v < kw; v++) {
                const column = j * stride[1] + v * dilation[1] - padding[1];
                if (column < 0 || column >= w) continue;
                total += x!.data[atX + row * xy + column * xx]! * weight!.data[atW + u * wu + v * wv]!;
              }
            }
          }
          y!.data[to++] = total;
        }
      }
    }
  }
};

export const conv2dInputGrad: Reference<Conv2dInputGradParams> = (
  [x],
  [grad, weight],
  { stride, padding, dilation, groups },
) => {
  const [n, channels, h, w] = x!.shape as unknown as Four;
  const [, outputs, oh, ow] = grad!.shape as unknown as Four;
  const [, perGroup, kh, kw] = weight!.shape as unknown as Four;
  const [gn, go, gi, gj] = grad!.strides as unknown as Four;
  const [wo, wc, wu, wv] = weight!.strides as unknown as Four;
  const outputsPerGroup = outputs / groups;
  let to = x!.offset;
  for (let image = 0; image < n; image++) {
    for (let c = 0; c < channels; c++) {
      const firstOutput = Math.floor(c / perGroup) * outputsPerGroup;
      for (let row = 0; row < h; row++) {
        for (let column = 0; column < w; column++) {
          let total = 0;
          for (let u = 0; u < kh; u++) {
            const i = (row + padding[0] - u * dilation[0]) / stride[0]; // the place whose tap u is this pixel
            if (!Number.isInteger(i) || i < 0 || i >= oh) continue;
            for (let v = 0; v < kw; v++) {
              const j = (column + padding[1] - v * dilation[1]) / stride[1];
              if (!Number.isInteger(j) || j < 0 || j >= ow) continue;
              const atG = grad!.offset + image * gn + i * gi + j * gj;
              const atW = weight!.offset + (c % perGroup) * wc + u * wu + v * wv;
              for (let o = firstOutput; o < firstOutput + outputsPerGroup; o++) {
                total += grad!.data[atG + o * go]! * weight!.data[atW + o * wo]!;
              }
            }
          }
          x!.data[to++] = total;
        }
      }
    }
  }
};

export const conv2dWeightGrad: Reference<Conv2dWeightGradParams> = (
  [weight],
  [x, grad],
  { stride, padding, dilation, groups },
) => {
  const [outputs, perGroup, kh, kw] = weight!.shape as unknown as Four;
  const [n, , h, w] = x!.shape as unknown as Four;
  const [, , oh, ow] = grad!.shape as unknown as Four;
  const [xn, xc, xy, xx] = x!.strides as unknown as Four;
  const [gn, go, gi, gj] = grad!.strides as unknown as Four;
  let to = weight!.offset;
  for (let o = 0; o < outputs; o++) {
    const firstChannel = Math.floor((o * groups) / outputs) * perGroup;
    for (let c = 0; c < perGroup; c++) {
      for (let u = 0; u < kh; u++) {
        for (let v = 0; v < kw; v++) {
          let total = 0;
          for (let image = 0; image < n; image++) {
            const atX = x!.offset + image * xn + (firstChannel + c) * xc;
            const atG = grad!.offset + image * gn + o * go;
            for (let i = 0; i < oh; i++) {
              const row = i * stride[0] + u * dilation[0] - padding[0];
              if (row < 0 || row >= h) continue;
              for (let j = 0; j < ow; j++) {
                const column = j * stride[1] + v * dilation[1] - padding[1];
                if (column < 0 || column >= w) continue;
                total += x!.data[atX + row * xy + column * xx]! * grad!.data[atG + i * gi + j * gj]!;
              }
            }
          }
          weight!.data[to++] = total;
        }
      }
    }
  }
};

export const im2col: Reference<Window> = ([columns], [x], { kernel: [kh, kw], stride, padding, dilation }) => {
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
};

export const col2im: Reference<Col2imParams> = ([x], [columns], params) => {
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
};

export const patchSum: Reference<Window> = ([out], [x], window) => {
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
};
