/**
 * Where a window's taps meet an image: what im2col, its transpose, patch sums and the input's gradient walk over.
 *
 * Along one axis, tap u meets pixel i·stride + u·dilation − padding at place i; the places where that is a pixel and not
 * padding are neighbours, so padding never has to be looked at in a loop.
 */

import { outputSize, type Pair, type Window } from "../layout/window.ts";
import { dims, type Layout } from "../tensor/shape.ts";

/** Places of one tap along one axis: the first, the pixel that it meets there, and how many. */
export interface Run {
  readonly place: number;
  readonly pixel: number;
  readonly count: number;
}

/** Along one axis, the places at which a tap meets a pixel. */
export function runOf(tap: number, axis: 0 | 1, places: number, size: Pair, window: Omit<Window, "kernel">): Run {
  const { stride, padding, dilation } = window;
  const shift = tap * dilation[axis] - padding[axis];
  const place = Math.max(0, Math.ceil(-shift / stride[axis]));
  const end = Math.min(places, Math.floor((size[axis] - 1 - shift) / stride[axis]) + 1);
  return { place, pixel: place * stride[axis] + shift, count: Math.max(0, end - place) };
}

/** A row of places at which one tap meets pixels: from `place` on, `count` of them, `step` apart in the image's buffer. */
export type VisitRun = (line: number, place: number, at: number, count: number, step: number) => void;

/**
 * Walk the matrix of patches [N·C·kh·kw, oh·ow] in rows of places that meet pixels; the rest of it is padding.
 *
 * @param image  of [N, C, H, W], in any layout
 */
export function forEachRun({ shape, strides, offset }: Layout, window: Window, visit: VisitRun): void {
  const [n, channels, ...size] = dims(shape, 4);
  const [xn, xc, xy, xx] = dims(strides, 4);
  const { kernel, stride } = window;
  const [oh, ow] = outputSize("window", size, window);
  let line = 0;
  for (let image = 0; image < n; image++) {
    for (let c = 0; c < channels; c++) {
      const plane = offset + image * xn + c * xc;
      for (let u = 0; u < kernel[0]; u++) {
        const rows = runOf(u, 0, oh, size, window);
        for (let v = 0; v < kernel[1]; v++, line++) {
          const columns = runOf(v, 1, ow, size, window);
          for (let i = 0; i < rows.count; i++) {
            const at = plane + (rows.pixel + i * stride[0]) * xy + columns.pixel * xx;
            visit(line, (rows.place + i) * ow + columns.place, at, columns.count, stride[1] * xx);
          }
        }
      }
    }
  }
}
