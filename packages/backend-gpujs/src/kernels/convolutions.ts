/**
 * Convolutions and their two gradients without patches in memory: an element of the result is one loop over what it sums.
 *
 *     y [N, O, oh, ow]     sums over channel and tap
 *     dx [N, C, H, W]      sums over output channel and tap that meets the pixel
 *     dw [O, C/g, kh, kw]  sums over image and place
 */

import type { Conv2dParams, Kernel, Operand } from "@kronograd/tensor";
import { isFloat32 } from "@kronograd/tensor/kernel";
import { times } from "../emit/layout.ts";
import { coordinates, four, read } from "../emit/window.ts";
import type { Kit } from "../kit.ts";

export function convolutionKernels(kit: Kit): Record<string, Kernel> {
  return {
    conv2d(outputs, inputs, { stride, padding, dilation, groups }: Conv2dParams) {
      if (!isFloat32(...inputs)) return false;
      const [y] = outputs as [Operand];
      const [x, weight, bias] = inputs as [Operand, Operand, Operand | undefined];
      const [, O] = four(y);
      const [, , h, w] = four(x);
      const [, C, kh, kw] = four(weight);
      const last = bias === undefined ? "total" : `total + x2[at2 + ${times("o", bias.strides[0] as number)}]`;
      kit.run({
        outputs,
        inputs,
        text: () => `${coordinates(four(y), ["image", "o", "down", "right"])}
const first = quotient(o, ${O / groups}) * ${C};
let total = 0.0;
for (let c = 0; c < ${C}; c++) {
  for (let ky = 0; ky < ${kh}; ky++) {
    const row = down * ${stride[0]} + ky * ${dilation[0]} - ${padding[0]};
    if (row >= 0 && row < ${h}) {
      for (let kx = 0; kx < ${kw}; kx++) {
        const column = right * ${stride[1]} + kx * ${dilation[1]} - ${padding[1]};
        if (column >= 0 && column < ${w}) {
          total = total + ${read(0, x, ["image", "(first + c)", "row", "column"])} * ${read(1, weight, ["o", "c", "ky", "kx"])};
        }
      }
    }
  }
}
return ${last};`,
      });
      return true;
    },

    conv2dInputGrad(outputs, inputs, { stride, padding, dilation, groups }: Conv2dParams) {
      if (!isFloat32(...inputs)) return false;
      const [dx] = outputs as [Operand];
      const [grad, weight] = inputs as [Operand, Operand];
      const [, O, oh, ow] = four(grad);
      const [, C, kh, kw] = four(weight);
      kit.run({
        outputs,
        inputs,
        text: () => `${coordinates(four(dx), ["image", "channel", "y", "x"])}
const first = quotient(channel, ${C}) * ${O / groups};
const c = remainder(channel, ${C});
let total = 0.0;
for (let o = 0; o < ${O / groups}; o++) {
  for (let ky = 0; ky < ${kh}; ky++) {
    const down = y + ${padding[0]} - ky * ${dilation[0]};
    const row = quotient(down, ${stride[0]});
    if (down >= 0 && row * ${stride[0]} === down && row < ${oh}) {
      for (let kx = 0; kx < ${kw}; kx++) {
        const right = x + ${padding[1]} - kx * ${dilation[1]};
        const column = quotient(right, ${stride[1]});
        if (right >= 0 && column * ${stride[1]} === right && column < ${ow}) {
          total = total + ${read(0, grad, ["image", "(first + o)", "row", "column"])} * ${read(1, weight, ["(first + o)", "c", "ky", "kx"])};
        }
      }
    }
  }
}
return total;`,
      });
      return true;
    },

    conv2dWeightGrad(outputs, inputs, { stride, padding, dilation, groups }: Conv2dParams) {
      if (!isFloat32(...inputs)) return false;
      const [dw] = outputs as [Operand];
      const [x, grad] = inputs as [Operand, Operand];
      const [images, , h, w] = four(x);
      const [, O, oh, ow] = four(grad);
      const [, C] = four(dw);
      kit.run({
        outputs,
        inputs,
        text: () => `${coordinates(four(dw), ["o", "c", "ky", "kx"])}
const channel = quotient(o, ${O / groups}) * ${C} + c;
let total = 0.0;
for (let image = 0; image < ${images}; image++) {
  let own = 0.0;
  for (let down = 0; down < ${oh}; down++) {
    const row = down * ${stride[0]} + ky * ${dilation[0]} - ${padding[0]};
    if (row >= 0 && row < ${h}) {
      for (let right = 0; right < ${ow}; right++) {
        const column = right * ${stride[1]} + kx * ${dilation[1]} - ${padding[1]};
        if (column >= 0 && column < ${w}) {
          own = own + ${read(0, x, ["image", "channel", "row", "column"])} * ${read(1, grad, ["image", "o", "down", "right"])};
        }
      }
    }
  }
  total = total + own;
}
return total;`,
      });
      return true;
    },
  };
}
