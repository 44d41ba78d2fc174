/**
 * Convolutions and their two gradients as products whose factors are read from the images themselves (implicit im2col).
 *
 *     y [N, O, oh, ow]:   for each group,  m = output channel,  n = (image, place),            k = (channel, tap)
 *     dx [N, C, H, W]:    m = channel,     n = (image, pixel),   k = (output channel, tap) that meets the pixel
 *     dw [O, C/g, taps]:  m = output channel,  n = (channel, tap),  k = (image, place)
 */

import type { Conv2dParams, Kernel, Operand, Pair } from "@kronograd/tensor";
import { isFloat32 } from "@kronograd/tensor/kernel";
import { strideUniforms, windowUniforms } from "../emit/each.ts";
import { product } from "../emit/tile.ts";
import { four } from "../emit/window.ts";
import type { Kit, Uniform } from "../kit.ts";

/** Sizes are compared with the numbers of a product's rows, columns and terms, which are u32. */
const count = (value: number): Uniform => ["u32", value];

export function convolutionKernels(kit: Kit): Record<string, Kernel> {
  return {
    conv2d(outputs, inputs, { stride, padding, dilation, groups }: Conv2dParams) {
      if (!isFloat32(...inputs)) return false;
      const [y] = outputs as readonly [Operand];
      const [x, weight, bias] = inputs as readonly [Operand, Operand, Operand | undefined];
      const [images, O, oh, ow] = four(y);
      const [, , h, w] = four(x);
      const [, C, kh, kw] = four(weight);
      product(kit, {
        name: `conv2d ${bias !== undefined}`,
        m: O / groups,
        n: images * oh * ow,
        k: C * kh * kw,
        batch: groups,
        output: y,
        inputs,
        uniforms: {
          ...windowUniforms({ stride, padding, dilation, size: [h, w], tap: [kh, kw] }),
          ...strideUniforms("x", x),
          ...strideUniforms("w", weight),
          x: ["i32", x.offset],
          w: ["i32", weight.offset],
          ow: count(ow),
          places: count(oh * ow),
          outputs: count(O),
          channels: count(C),
          ...(bias === undefined ? {} : { c: ["i32", bias.offset], cs: ["i32", bias.strides[0] as number] }),
        },
        begin: () => "let taps = u32(u.tapy * u.tapx);\nlet columns = u32(u.tapx);",
        a: ([, weights]) =>
          `${weights}[u32(u.w + i32(z * u.M + m) * u.w0 + i32(k / taps) * u.w1 + i32((k % taps) / columns) * u.w2 + i32(k % columns) * u.w3)]`,
        b: ([image]) => `read_${image}(n, k, z, taps, columns)`,
        declarations: ([image]) => `
fn read_${image}(n: u32, k: u32, z: u32, taps: u32, columns: u32) -> f32 {
  let place = n % u.places;
  let tap = k % taps;
  let row = i32(place / u.ow) * u.stridey + i32(tap / columns) * u.dilationy - u.paddingy;
  let column = i32(place % u.ow) * u.stridex + i32(tap % columns) * u.dilationx - u.paddingx;
  if (row < 0 || row >= u.sizey || column < 0 || column >= u.sizex) { return 0.0; }
  return ${image}[u32(u.x + i32(n / u.places) * u.x0 + i32(z * u.channels + k / taps) * u.x1 + row * u.x2 + column * u.x3)];
}`,
        place: "((n / u.places) * u.outputs + z * u.M + m) * u.places + n % u.places",
        ...(bias === undefined
          ? {}
          : {
              value: ([, , c]: readonly string[]) => `value + ${c}[u32(u.c + i32((at / u.places) % u.outputs) * u.cs)]`,
            }),
        aAlongK: true,
        bAlongK: false,
      });
      return true;
    },

    conv2dInputGrad(outputs, inputs, { stride, padding, dilation, groups, size }: Conv2dParams & { size: Pair }) {
      if (!isFloat32(...inputs)) return false;
      const [dx] = outputs as readonly [Operand];
      const [grad, weight] = inputs as readonly [Operand, Operand];
      const [images, O, oh, ow] = four(grad);
      const [, C, kh, kw] = four(weight);
      const [h, w] = size;
      product(kit, {
        name: "conv2dInputGrad",
        m: C,
        n: images * h * w,
        k: (O / groups) * kh * kw,
        batch: groups,
        output: dx,
        inputs,
        uniforms: {
          ...windowUniforms({ stride, padding, dilation, places: [oh, ow], tap: [kh, kw] }),
          ...strideUniforms("g", grad),
          ...strideUniforms("w", weight),
          g: ["i32", grad.offset],
          w: ["i32", weight.offset],
          width: count(w),
          pixels: count(h * w),
          outputs: count(O / groups),
          all: count(C * groups),
        },
        begin: () => "let taps = u32(u.tapy * u.tapx);\nlet columns = u32(u.tapx);",
        a: ([, weights]) =>
          `${weights}[u32(u.w + i32(z * u.outputs + k / taps) * u.w0 + i32(m) * u.w1 + i32((k % taps) / columns) * u.w2 + i32(k % columns) * u.w3)]`,
        b: ([g]) => `read_${g}(n, k, z, taps, columns)`,
        declarations: ([g]) => `
fn read_${g}(n: u32, k: u32, z: u32, taps: u32, columns: u32) -> f32 {
  let pixel = n % u.pixels;
  let tap = k % taps;
  let down = i32(pixel / u.width) + u.paddingy - i32(tap / columns) * u.dilationy;
  let right = i32(pixel % u.width) + u.paddingx - i32(tap % columns) * u.dilationx;
  if (down < 0 || right < 0 || down % u.stridey != 0 || right % u.stridex != 0) { return 0.0; }
  let row = down / u.stridey;
  let column = right / u.stridex;
  if (row >= u.placesy || column >= u.placesx) { return 0.0; }
  return ${g}[u32(u.g + i32(n / u.pixels) * u.g0 + i32(z * u.outputs + k / taps) * u.g1 + row * u.g2 + column * u.g3)];
}`,
        place: "((n / u.pixels) * u.all + z * u.M + m) * u.pixels + n % u.pixels",
        aAlongK: true,
        bAlongK: false,
      });
      return true;
    },

    conv2dWeightGrad(outputs, inputs, { stride, padding, dilation, groups, kernel }: Conv2dParams & { kernel: Pair }) {
      if (!isFloat32(...inputs)) return false;
      const [dw] = outputs as readonly [Operand];
      const [x, grad] = inputs as readonly [Operand, Operand];
      const [images, channels, h, w] = four(x);
      const [, O, oh, ow] = four(grad);
      const C = channels / groups;
      product(kit, {
        name: "conv2dWeightGrad",
        m: O / groups,
        n: C * kernel[0] * kernel[1],
        k: images * oh * ow,
        batch: groups,
        output: dw,
        inputs,
        uniforms: {
          ...windowUniforms({ stride, padding, dilation, size: [h, w], tap: kernel }),
          ...strideUniforms("x", x),
          ...strideUniforms("g", grad),
          x: ["i32", x.offset],
          g: ["i32", grad.offset],
          ow: count(ow),
          places: count(oh * ow),
          channels: count(C),
        },
        begin: () => "let taps = u32(u.tapy * u.tapx);\nlet columns = u32(u.tapx);",
        a: ([, g]) =>
          `${g}[u32(u.g + i32(k / u.places) * u.g0 + i32(z * u.M + m) * u.g1 + i32((k % u.places) / u.ow) * u.g2 + i32((k % u.places) % u.ow) * u.g3)]`,
        b: ([image]) => `read_${image}(n, k, z, taps, columns)`,
        declarations: ([image]) => `
fn read_${image}(n: u32, k: u32, z: u32, taps: u32, columns: u32) -> f32 {
  let place = k % u.places;
  let tap = n % taps;
  let row = i32(place / u.ow) * u.stridey + i32(tap / columns) * u.dilationy - u.paddingy;
  let column = i32(place % u.ow) * u.stridex + i32(tap % columns) * u.dilationx - u.paddingx;
  if (row < 0 || row >= u.sizey || column < 0 || column >= u.sizex) { return 0.0; }
  return ${image}[u32(u.x + i32(k / u.places) * u.x0 + i32(z * u.channels + n / taps) * u.x1 + row * u.x2 + column * u.x3)];
}`,
        place: "(z * u.M + m) * u.N + n",
        aAlongK: true,
        bAlongK: true,
      });
      return true;
    },
  };
}
