/** Pooling, its gradients, and patches of images: each element of the result gathers what it needs. */

import {
  type AvgPool2dParams,
  type Kernel,
  type Operand,
  outputSize,
  type Pair,
  type Pool2dParams,
  type Window,
} from "@kronograd/tensor";
import { isFloat32 } from "@kronograd/tensor/kernel";
import { coordinates, four, read } from "../emit/window.ts";
import type { Kit } from "../kit.ts";

/** Declares the real pixels of the window at place (y, x): rows top … bottom − 1, columns left … right − 1. */
const pixels = (y: string, x: string, { kernel, stride, padding }: Pool2dParams, [h, w]: Pair) =>
  `const top = larger(0, ${y} * ${stride[0]} - ${padding[0]});
const bottom = smaller(${h}, ${y} * ${stride[0]} - ${padding[0]} + ${kernel[0]});
const left = larger(0, ${x} * ${stride[1]} - ${padding[1]});
const right = smaller(${w}, ${x} * ${stride[1]} - ${padding[1]} + ${kernel[1]});`;

/** The windows along an axis that may see a pixel: all of them, if no window is known. */
function seeing(
  pixel: string,
  all: number,
  window: Pool2dParams | undefined,
  axis: 0 | 1,
): { first: string; count: number } {
  if (window === undefined) return { first: "0", count: all };
  const [kernel, stride, padding] = [window.kernel[axis], window.stride[axis], window.padding[axis]];
  const count = Math.ceil(kernel / stride);
  return { first: `quotient(${pixel} + ${padding}, ${stride}) - ${count - 1}`, count };
}

export function poolingKernels(kit: Kit): Record<string, Kernel> {
  return {
    maxPool2d(outputs, inputs, window: Pool2dParams) {
      const [[y], [x]] = [outputs, inputs] as [[Operand], [Operand]];
      if (!isFloat32(x)) return false;
      const [, , h, w] = four(x);
      kit.run({
        outputs,
        inputs,
        text: (k) => `${coordinates(four(y), ["image", "channel", "y", "x"])}
${pixels("y", "x", window, [h, w])}
let best = ${read(0, x, ["image", "channel", "top", "left"])};
let place = real(top * ${w} + left);
for (let ky = 0; ky < ${window.kernel[0]}; ky++) {
  const row = top + ky;
  for (let kx = 0; kx < ${window.kernel[1]}; kx++) {
    const column = left + kx;
    if (row < bottom && column < right && isNotANumber(best) < 0.5) {
      const value = ${read(0, x, ["image", "channel", "row", "column"])};
      if (value > best || isNotANumber(value) > 0.5) { best = value; place = real(row * ${w} + column); }
    }
  }
}
return ${k === 0 ? "best" : "place"};`,
      });
      return true;
    },

    // a pixel asks each window that may see it whether it was the largest there
    maxPoolGrad(outputs, inputs, { window }: { window?: Pool2dParams | undefined }) {
      const [[dx], [grad, indices]] = [outputs, inputs] as [[Operand], [Operand, Operand]];
      if (!isFloat32(grad)) return false;
      const [, , h, w] = four(dx);
      const [, , oh, ow] = four(grad);
      const rows = seeing("pixelY", oh, window, 0);
      const columns = seeing("pixelX", ow, window, 1);
      kit.run({
        outputs,
        inputs,
        text: () => `${coordinates(four(dx), ["image", "channel", "pixelY", "pixelX"])}
const top = ${rows.first};
const left = ${columns.first};
let total = 0.0;
for (let ky = 0; ky < ${rows.count}; ky++) {
  const row = top + ky;
  for (let kx = 0; kx < ${columns.count}; kx++) {
    const column = left + kx;
    if (row >= 0 && row < ${oh} && column >= 0 && column < ${ow}) {
      const place = whole(${read(1, indices, ["image", "channel", "row", "column"])});
      if (place === pixelY * ${w} + pixelX) { total = total + ${read(0, grad, ["image", "channel", "row", "column"])}; }
      if (place < 0 || place >= ${h * w}) { total = notANumber(0.0); }
    }
  }
}
return total;`,
      });
      return true;
    },

    maxPoolGather(outputs, inputs) {
      const [x, indices] = inputs as [Operand, Operand];
      if (!isFloat32(x)) return false;
      const [, , h, w] = four(x);
      kit.run({
        outputs,
        inputs,
        text: () => `${coordinates(four(indices), ["image", "channel", "y", "x"])}
const place = whole(${read(1, indices, ["image", "channel", "y", "x"])});
if (place < 0 || place >= ${h * w}) { return notANumber(0.0); }
const row = quotient(place, ${w});
const column = remainder(place, ${w});
return ${read(0, x, ["image", "channel", "row", "column"])};`,
      });
      return true;
    },

    avgPool2d(outputs, inputs, window: AvgPool2dParams) {
      const [[y], [x]] = [outputs, inputs] as [[Operand], [Operand]];
      if (!isFloat32(x)) return false;
      const [, , h, w] = four(x);
      const { kernel, countIncludePad } = window;
      kit.run({
        outputs,
        inputs,
        text: () => `${coordinates(four(y), ["image", "channel", "y", "x"])}
${pixels("y", "x", window, [h, w])}
let total = 0.0;
for (let ky = 0; ky < ${kernel[0]}; ky++) {
  const row = top + ky;
  for (let kx = 0; kx < ${kernel[1]}; kx++) {
    const column = left + kx;
    if (row < bottom && column < right) { total = total + ${read(0, x, ["image", "channel", "row", "column"])}; }
  }
}
return quotientOf(total, ${countIncludePad ? `${kernel[0] * kernel[1]}.0` : "real((bottom - top) * (right - left))"});`,
      });
      return true;
    },

    avgPoolGrad(outputs, inputs, window: AvgPool2dParams) {
      const [[dx], [grad]] = [outputs, inputs] as [[Operand], [Operand]];
      if (!isFloat32(grad)) return false;
      const { kernel, stride, padding, countIncludePad } = window;
      const [, , h, w] = four(dx);
      const [, , oh, ow] = four(grad);
      kit.run({
        outputs,
        inputs,
        text: () => `${coordinates(four(dx), ["image", "channel", "pixelY", "pixelX"])}
let total = 0.0;
for (let ky = 0; ky < ${kernel[0]}; ky++) {
  const down = pixelY + ${padding[0]} - ky;
  const y = quotient(down, ${stride[0]});
  if (down >= 0 && y * ${stride[0]} === down && y < ${oh}) {
    for (let kx = 0; kx < ${kernel[1]}; kx++) {
      const across = pixelX + ${padding[1]} - kx;
      const x = quotient(across, ${stride[1]});
      if (across >= 0 && x * ${stride[1]} === across && x < ${ow}) {
        ${pixels("y", "x", window, [h, w])}
        total = total + quotientOf(${read(0, grad, ["image", "channel", "y", "x"])}, ${countIncludePad ? `${kernel[0] * kernel[1]}.0` : "real((bottom - top) * (right - left))"});
      }
    }
  }
}
return total;`,
      });
      return true;
    },

    im2col(outputs, inputs, { kernel, stride, padding, dilation }: Window) {
      const [[columns], [x]] = [outputs, inputs] as [[Operand], [Operand]];
      if (!isFloat32(x)) return false;
      const [, C, h, w] = four(x);
      const places = columns.shape[2] as number;
      const [, ow] = outputSize("im2col", [h, w], { kernel, stride, padding, dilation });
      const taps = kernel[0] * kernel[1];
      kit.run({
        outputs,
        inputs,
        text: () => `const place = remainder(i, ${places});
const line = quotient(i, ${places});
const tap = remainder(line, ${taps});
const channel = remainder(quotient(line, ${taps}), ${C});
const image = quotient(line, ${taps * C});
const row = quotient(place, ${ow}) * ${stride[0]} + quotient(tap, ${kernel[1]}) * ${dilation[0]} - ${padding[0]};
const column = remainder(place, ${ow}) * ${stride[1]} + remainder(tap, ${kernel[1]}) * ${dilation[1]} - ${padding[1]};
if (row >= 0 && row < ${h} && column >= 0 && column < ${w}) { return ${read(0, x, ["image", "channel", "row", "column"])}; }
return 0.0;`,
      });
      return true;
    },
  };
}
