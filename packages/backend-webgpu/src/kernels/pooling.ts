/** Pooling and its gradients: one thread for each element of the result, which gathers what it needs. */

import {
  type AvgPool2dParams,
  type AvgPoolGradParams,
  type Kernel,
  type Operand,
  type Pair,
  type Pool2dParams,
  sizeOf,
} from "@kronograd/tensor";
import { broadcastWalk, isFloat32 } from "@kronograd/tensor/kernel";
import { each, strideUniforms, windowUniforms } from "../emit/each.ts";
import { walkText } from "../emit/walk.ts";
import { at, coordinates, count, four, plane } from "../emit/window.ts";
import type { Kit } from "../kit.ts";

/** Declares the real pixels of the window at place (y, x): rows top … bottom − 1, columns left … right − 1. */
const pixels = `
let top = max(0, y * u.stridey - u.paddingy);
let bottom = min(u.sizey, y * u.stridey - u.paddingy + u.kernely);
let left = max(0, x * u.stridex - u.paddingx);
let right = min(u.sizex, x * u.stridex - u.paddingx + u.kernelx);`;

/** Windows of which each sees every pixel: what is assumed where they are not known. */
const allSeeing = ([h, w]: Pair, [oh, ow]: Pair): Pool2dParams => ({
  kernel: [h * oh, w * ow],
  stride: [h, w],
  padding: [h * (oh - 1), w * (ow - 1)],
});

export function poolingKernels(kit: Kit): Record<string, Kernel> {
  return {
    maxPool2d(outputs, inputs, { kernel, stride, padding }: Pool2dParams) {
      const [x] = inputs as readonly [Operand];
      if (!isFloat32(x)) return false;
      const [y] = outputs as readonly [Operand];
      const [, , h, w] = four(x);
      each(kit, {
        name: "maxPool2d",
        outputs,
        inputs,
        size: sizeOf(y.shape),
        uniforms: {
          ...windowUniforms({ kernel, stride, padding, size: [h, w] }),
          ...strideUniforms("x", x),
          ...plane(y),
        },
        main: ([values, places], [from]) => `${coordinates}${pixels}
var best = ${from}[${at("x", "top", "left")}];
var place = top * u.sizex + left;
for (var row = top; row < bottom; row++) {
  for (var column = left; column < right; column++) {
    let value = ${from}[${at("x", "row", "column")}];
    if (!nan_(best) && (value > best || nan_(value))) { best = value; place = row * u.sizex + column; }
  }
}
${values}[u.o0 + i] = best;
${places}[u.o1 + i] = place;`,
      });
      return true;
    },

    // each pixel asks the windows that may see it, in order, whether it was the largest there
    maxPoolGrad(outputs, inputs, { size, window }: { size: Pair; window?: Pool2dParams | undefined }) {
      const [dx] = outputs as readonly [Operand];
      const [grad, indices] = inputs as readonly [Operand, Operand];
      if (!isFloat32(grad)) return false;
      const [, , oh, ow] = four(grad);
      const { kernel, stride, padding } = window ?? allSeeing(size, [oh, ow]);
      const seeing: Pair = [Math.ceil(kernel[0] / stride[0]), Math.ceil(kernel[1] / stride[1])];
      each(kit, {
        name: "maxPoolGrad",
        outputs,
        inputs,
        size: sizeOf(dx.shape),
        uniforms: {
          ...windowUniforms({ stride, padding, seeing, places: [oh, ow] }),
          ...strideUniforms("g", grad),
          ...strideUniforms("j", indices),
          ...plane(dx),
        },
        main: ([to], [g, places]) => `${coordinates}
let lastRow = (y + u.paddingy) / u.stridey;
let lastColumn = (x + u.paddingx) / u.stridex;
var total = 0.0;
for (var row = max(0, lastRow - u.seeingy + 1); row <= min(lastRow, u.placesy - 1); row++) {
  for (var column = max(0, lastColumn - u.seeingx + 1); column <= min(lastColumn, u.placesx - 1); column++) {
    let place = ${places}[u32(u.i1 + image * u.j0 + channel * u.j1 + row * u.j2 + column * u.j3)];
    if (place == y * u.width + x) { total += ${g}[${at("g", "row", "column")}]; }
    if (place < 0 || place >= u.plane) { total = bits_(0x7fc00000u); }
  }
}
${to}[u.o0 + i] = total;`,
      });
      return true;
    },

    maxPoolGather(outputs, inputs) {
      const [x, indices] = inputs as readonly [Operand, Operand];
      if (!isFloat32(x)) return false;
      const [, , h, w] = four(x);
      const walk = broadcastWalk(indices.shape, [indices]);
      each(kit, {
        name: "maxPoolGather",
        outputs,
        inputs,
        size: sizeOf(indices.shape),
        walks: { j: walk },
        uniforms: { ...strideUniforms("x", x), ...plane(indices), area: count(h * w), across: count(w) },
        main: ([to], [from, places]) => `${coordinates}
${walkText("j", walk, "i")}
let place = ${places}[u32(u.i1 + jat0)];
if (place < 0 || place >= u.area) { ${to}[u.o0 + i] = bits_(0x7fc00000u); return; }
${to}[u.o0 + i] = ${from}[${at("x", "place / u.across", "place % u.across")}];`,
      });
      return true;
    },

    avgPool2d(outputs, inputs, { kernel, stride, padding, countIncludePad }: AvgPool2dParams) {
      const [x] = inputs as readonly [Operand];
      if (!isFloat32(x)) return false;
      const [y] = outputs as readonly [Operand];
      const [, , h, w] = four(x);
      each(kit, {
        name: `avgPool2d ${countIncludePad}`,
        outputs,
        inputs,
        size: sizeOf(y.shape),
        uniforms: {
          ...windowUniforms({ kernel, stride, padding, size: [h, w] }),
          ...strideUniforms("x", x),
          ...plane(y),
        },
        main: ([to], [from]) => `${coordinates}${pixels}
var total = 0.0;
for (var row = top; row < bottom; row++) {
  for (var column = left; column < right; column++) { total += ${from}[${at("x", "row", "column")}]; }
}
${to}[u.o0 + i] = total / f32(${countIncludePad ? "u.kernely * u.kernelx" : "(bottom - top) * (right - left)"});`,
      });
      return true;
    },

    // each pixel asks which windows see it
    avgPoolGrad(outputs, inputs, { kernel, stride, padding, countIncludePad, size }: AvgPoolGradParams) {
      const [grad] = inputs as readonly [Operand];
      if (!isFloat32(grad)) return false;
      const [dx] = outputs as readonly [Operand];
      const [, , oh, ow] = four(grad);
      each(kit, {
        name: `avgPoolGrad ${countIncludePad}`,
        outputs,
        inputs,
        size: sizeOf(dx.shape),
        uniforms: {
          ...windowUniforms({ kernel, stride, padding, size, places: [oh, ow] }),
          ...strideUniforms("g", grad),
          ...plane(dx),
        },
        main: ([to], [g]) => `${coordinates}
let pixelY = y;
let pixelX = x;
var total = 0.0;
for (var row = 0; row < u.kernely; row++) {
  let down = pixelY + u.paddingy - row;
  if (down < 0 || down % u.stridey != 0 || down / u.stridey >= u.placesy) { continue; }
  for (var column = 0; column < u.kernelx; column++) {
    let along = pixelX + u.paddingx - column;
    if (along < 0 || along % u.stridex != 0 || along / u.stridex >= u.placesx) { continue; }
    let y = down / u.stridey;
    let x = along / u.stridex;
    ${pixels}
    total += ${g}[${at("g", "y", "x")}] / f32(${countIncludePad ? "u.kernely * u.kernelx" : "(bottom - top) * (right - left)"});
  }
}
${to}[u.o0 + i] = total;`,
      });
      return true;
    },
  };
}
