/** Patches of images (im2col), the way back (col2im) and their sums: one thread for each element, which gathers what it needs. */

import { type Col2imParams, type Kernel, type Operand, outputSize, sizeOf, type Window } from "@kronograd/tensor";
import { isFloat32 } from "@kronograd/tensor/kernel";
import { each, strideUniforms, windowUniforms } from "../emit/each.ts";
import { at, coordinates, count, four, plane } from "../emit/window.ts";
import type { Kit } from "../kit.ts";

export function patchKernels(kit: Kit): Record<string, Kernel> {
  return {
    im2col(outputs, inputs, { kernel, stride, padding, dilation }: Window) {
      const [x] = inputs as readonly [Operand];
      if (!isFloat32(x)) return false;
      const [columns] = outputs as readonly [Operand];
      const [, C, h, w] = four(x);
      const places = columns.shape[2] as number;
      const [, ow] = outputSize("im2col", [h, w], { kernel, stride, padding, dilation });
      each(kit, {
        name: "im2col",
        outputs,
        inputs,
        size: sizeOf(columns.shape),
        uniforms: {
          ...windowUniforms({ kernel, stride, padding, dilation, size: [h, w] }),
          ...strideUniforms("x", x),
          places: count(places),
          ow: count(ow),
          channels: count(C),
        },
        main: ([to], [from]) => `
let place = i32(i % u32(u.places));
let line = i32(i / u32(u.places));
let taps = u.kernely * u.kernelx;
let tap = line % taps;
let channel = (line / taps) % u.channels;
let image = line / taps / u.channels;
let row = (place / u.ow) * u.stridey + (tap / u.kernelx) * u.dilationy - u.paddingy;
let column = (place % u.ow) * u.stridex + (tap % u.kernelx) * u.dilationx - u.paddingx;
var value = 0.0;
if (row >= 0 && row < u.sizey && column >= 0 && column < u.sizex) { value = ${from}[${at("x", "row", "column")}]; }
${to}[u.o0 + i] = value;`,
      });
      return true;
    },

    col2im(outputs, inputs, { kernel, stride, padding, dilation, size }: Col2imParams) {
      const [columns] = inputs as readonly [Operand];
      if (!isFloat32(columns)) return false;
      const [image] = outputs as readonly [Operand];
      each(kit, {
        name: "col2im",
        outputs,
        inputs,
        size: sizeOf(image.shape),
        uniforms: {
          ...windowUniforms({
            kernel,
            stride,
            padding,
            dilation,
            places: outputSize("col2im", size, { kernel, stride, padding, dilation }),
          }),
          ...strideUniforms("c", columns),
          ...plane(image),
        },
        main: ([to], [from]) => `${coordinates}
var total = 0.0;
for (var row = 0; row < u.kernely; row++) {
  let down = y + u.paddingy - row * u.dilationy;
  if (down < 0 || down % u.stridey != 0 || down / u.stridey >= u.placesy) { continue; }
  for (var column = 0; column < u.kernelx; column++) {
    let across = x + u.paddingx - column * u.dilationx;
    if (across < 0 || across % u.stridex != 0 || across / u.stridex >= u.placesx) { continue; }
    let line = (channel * u.kernely + row) * u.kernelx + column;
    let place = (down / u.stridey) * u.placesx + across / u.stridex;
    total += ${from}[u32(u.i0 + image * u.c0 + line * u.c1 + place * u.c2)];
  }
}
${to}[u.o0 + i] = total;`,
      });
      return true;
    },

    patchSum(outputs, inputs, { kernel, stride, padding, dilation }: Window) {
      const [x] = inputs as readonly [Operand];
      if (!isFloat32(x)) return false;
      const [sums] = outputs as readonly [Operand];
      const [, C, h, w] = four(x);
      each(kit, {
        name: "patchSum",
        outputs,
        inputs,
        size: sizeOf(sums.shape),
        uniforms: {
          ...windowUniforms({
            kernel,
            stride,
            padding,
            dilation,
            size: [h, w],
            places: outputSize("patchSum", [h, w], { kernel, stride, padding, dilation }),
          }),
          ...strideUniforms("x", x),
          channels: count(C),
        },
        main: ([to], [from]) => `
let taps = u.kernely * u.kernelx;
let tap = i32(i) % taps;
let channel = (i32(i) / taps) % u.channels;
let image = i32(i) / taps / u.channels;
var total = 0.0;
for (var y = 0; y < u.placesy; y++) {
  let row = y * u.stridey + (tap / u.kernelx) * u.dilationy - u.paddingy;
  if (row < 0 || row >= u.sizey) { continue; }
  for (var x = 0; x < u.placesx; x++) {
    let column = x * u.stridex + (tap % u.kernelx) * u.dilationx - u.paddingx;
    if (column >= 0 && column < u.sizex) { total += ${from}[${at("x", "row", "column")}]; }
  }
}
${to}[u.o0 + i] = total;`,
      });
      return true;
    },
  };
}
