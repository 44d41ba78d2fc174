/**
 * Kernels of conv2d, its two gradients, im2col and col2im.
 *
 * A convolution is a product with the matrix of patches (direct.ts):
 *
 *     y  [O, places]  =  w  [O, taps]    patches  [taps, places]          for each image and group
 *     dw [O, taps]   +=  dy [O, places]  patchesᵀ [places, taps]
 *     dx              =  the first with dy for x, its pixels `stride` apart, and w turned round, [C, (O, kh, kw)]
 *
 * Where that would multiply many zeros (a stride, or a large kernel without padding), dx is col2im of wᵀ dy instead.
 * Weights are packed once for all images. An image that needs no padding is read where it lies. Windows of 3 × 3 and 5 × 5
 * at stride 1 mostly take a shorter way (winograd.ts).
 */

import {
  type Col2imParams,
  type Conv2dInputGradParams,
  type Conv2dParams,
  type Conv2dWeightGradParams,
  type Operand,
  outputSize,
  type Pair,
  type Shape,
} from "@kronograd/tensor";
import { type Four, isFloat32 } from "@kronograd/tensor/kernel";
import { workspaceBytes } from "../../emit/gemm.ts";
import { f32x4 } from "../../engine/lanes.ts";
import { addressOf, type Fork, lazy } from "../../engine/runtime.ts";
import type { Kernels, Kit } from "../../kit.ts";
import type { Call, Piece } from "../../threads/pool.ts";
import { createDirect, defineConvolutions, type Geometry } from "./direct.ts";
import { createPlanes, type Placement, roundUp } from "./planes.ts";
import { createWinograd, winogradGrid } from "./winograd.ts";

const lanes = f32x4;
const bytes = 4;

/** Whether a window's pixels and its places are neighbours. */
const isDense = ({ stride, dilation }: Omit<Geometry, "places">) =>
  [...stride, ...dilation].every((pace) => pace === 1);

const paddedSize = ([, , h, w]: Shape, padding: Pair): Pair => [h! + 2 * padding[0], w! + 2 * padding[1]];

/** Kernels of conv2d and its two gradients, im2col and col2im. */
export function convolutionKernels(kit: Kit): Kernels {
  const code = lazy(() => defineConvolutions(kit));
  const planes = createPlanes(kit, () => code().place);
  const { ownFloats, planeFloats, placed, takenBack, clearOwn } = planes;
  const direct = createDirect(kit, planes, code);
  const { tables } = direct;
  const winograd = createWinograd(kit, planes, code);

  /** y [N, G·M, places] = weights · patches, by Winograd's way where it is shorter (direct.ts has the operands). */
  const correlate: typeof direct.correlate = (y, x, weight, groups, geometry, options = {}) => {
    const [channels, rows] = [x.source.shape[1]! / groups, y.shape[1]! / groups];
    const grid = isDense(geometry) && winogradGrid(geometry.kernel, y.shape as unknown as Four, channels, rows);
    if (grid) winograd.correlate(grid, y, x, kit.dense(weight), groups, options.isBack === true, options.bias);
    else direct.correlate(y, x, weight, groups, geometry, options);
  };

  /** Padded images for a window; at a stride that it spans, in phases. */
  const padded = (x: Operand, padding: Pair, { kernel, stride }: Pick<Geometry, "kernel" | "stride">): Placement => {
    const phases = kernel[1] >= stride[1] ? stride[1] : 1;
    const [h, w] = paddedSize(x.shape, padding);
    return { source: x, size: [h, roundUp(w, phases)], phases, start: padding, step: [1, 1] };
  };

  /**
   * Make images out of sums: `add` is given padded planes of zeros for each image, and `ownCount` floats of the thread's own.
   */
  const gathered = (
    image: Placement,
    fork: Fork,
    ownCount: number,
    add: (call: Call, planes: number, image: number, own: number) => void,
  ): void => {
    const [n, channels] = image.source.shape as unknown as Four;
    const count = channels * image.size[0] * image.size[1];
    const { stride, addresses } = ownFloats(fork, count, ownCount);
    const [planes, own] = addresses as [number, number];
    const takeBack = takenBack(image, planes);
    const clear = kit.clearing();
    const gatherOne: Piece = (i, call) => {
      call(clear, planes, count * bytes);
      add(call, planes, i, own);
      takeBack(call, i);
    };
    fork.each(n, gatherOne, stride);
  };

  /** dx = col2im(wᵀ dy), for row-major operands. */
  const throughColumns = (
    x: Operand,
    grad: Operand,
    weight: Operand,
    padding: Pair,
    groups: number,
    geometry: Geometry,
  ): void => {
    const rows = weight.shape[0]! / groups;
    const image = padded(x, padding, geometry);
    const channels = weight.shape[1]!;
    const { taps, tapCount, places, placeCount } = tables(channels, image.size, geometry, image.phases);
    const fork = kit.fork(x.shape[0]! * groups * tapCount * placeCount * rows);
    const columnFloats = roundUp(tapCount * placeCount, 16);
    const { col2im } = code();
    const gemm = kit.products("float32")!.gemm();
    gathered(image, fork, columnFloats + workspaceBytes(lanes) / bytes, (call, planes, i, columns) => {
      const workspace = columns + columnFloats * bytes;
      const row = placeCount * bytes;
      for (let group = 0; group < groups; group++) {
        const w = addressOf(weight) + group * rows * tapCount * bytes;
        const dy = addressOf(grad) + (i * groups + group) * rows * placeCount * bytes;
        const operands = [w, bytes, tapCount * bytes, dy, row, bytes, columns, row, 0, workspace] as const;
        call(gemm, tapCount, placeCount, rows, ...operands);
        const to = planes + group * channels * image.size[0] * image.size[1] * bytes;
        call(col2im, tapCount, placeCount, to, taps, places, columns);
      }
    });
  };

  return {
    conv2d([y], [x, weight, bias], { stride, padding, dilation, groups }: Conv2dParams) {
      if (!isFloat32(x, weight, bias)) return false;
      const [, , ...kernel] = weight!.shape as unknown as Four;
      const [, , ...places] = y!.shape as unknown as Four;
      const geometry = { kernel, stride, dilation, places };
      const images = padded(kit.dense(x!), padding, geometry);
      correlate(y!, images, weight!, groups, geometry, { bias: bias && kit.dense(bias) });
      return true;
    },

    conv2dInputGrad([x], [grad, weight], { stride, padding, dilation, groups }: Conv2dInputGradParams) {
      if (!isFloat32(grad, weight)) return false;
      const [, , ...places] = x!.shape as unknown as Four;
      const [, , kh, kw] = weight!.shape as unknown as Four;
      const [, , oh, ow] = grad!.shape as unknown as Four;
      if (3 * oh * ow < 2 * places[0] * places[1]) {
        throughColumns(x!, kit.dense(grad!), kit.dense(weight!), padding, groups, {
          kernel: [kh, kw],
          stride,
          dilation,
          places: [oh, ow],
        });
        return true;
      }
      const reach: Pair = [(kh - 1) * dilation[0], (kw - 1) * dilation[1]];
      const source: Placement = {
        source: kit.dense(grad!),
        size: [places[0] + reach[0], places[1] + reach[1]],
        phases: 1,
        start: [reach[0] - padding[0], reach[1] - padding[1]],
        step: stride,
      };
      correlate(x!, source, weight!, groups, { kernel: [kh, kw], stride: [1, 1], dilation, places }, { isBack: true });
      return true;
    },

    conv2dWeightGrad([weight], [x, grad], { stride, padding, dilation, groups, kernel }: Conv2dWeightGradParams) {
      if (!isFloat32(x, grad)) return false;
      const [, outputs, ...places] = grad!.shape as unknown as Four;
      const geometry = { kernel, stride, dilation, places };
      const image = padded(kit.dense(x!), padding, geometry);
      const [channels, result] = [x!.shape[1]! / groups, grad!.shape as unknown as Four];
      const grid = isDense(geometry) && winogradGrid(kernel, result, channels, outputs / groups);
      if (grid) winograd.sumTiles(grid, weight!, image, kit.dense(grad!), groups);
      else direct.sumPatches(weight!, image, kit.dense(grad!), groups, geometry);
      return true;
    },

    im2col([out], [x], { kernel, stride, padding, dilation }: Omit<Col2imParams, "size">) {
      if (x!.dtype !== "float32") return false;
      const image = padded(kit.dense(x!), padding, { kernel, stride });
      const [, channels, ...size] = x!.shape as unknown as Four;
      const places = outputSize("im2col", size, { kernel, stride, padding, dilation });
      const own = tables(channels, image.size, { kernel, stride, dilation, places }, image.phases);
      const { im2col } = code();
      const fork = kit.fork(x!.shape[0]! * own.tapCount * own.placeCount);
      const { stride: ownStride, addresses } = ownFloats(fork, planeFloats(image));
      clearOwn(fork.ways, addresses[0]!, planeFloats(image), ownStride);
      const imageOf = placed(image, addresses[0]!);
      const columnsOf: Piece = (i, call) => {
        const planes = imageOf(call, i, 0, channels);
        const target = addressOf(out!) + i * own.tapCount * own.placeCount * bytes;
        call(im2col, own.tapCount, own.placeCount, planes, own.taps, own.places, target);
      };
      fork.each(x!.shape[0]!, columnsOf, ownStride);
      return true;
    },

    col2im([x], [columns], { kernel, stride, padding, dilation, size }: Col2imParams) {
      if (x!.dtype !== "float32") return false;
      const places = outputSize("col2im", size, { kernel, stride, padding, dilation });
      const geometry = { kernel, stride, dilation, places };
      const image = padded(x!, padding, geometry);
      const own = tables(x!.shape[1]!, image.size, geometry, image.phases);
      const patches = addressOf(kit.dense(columns!));
      const { col2im } = code();
      const fork = kit.fork(x!.shape[0]! * own.tapCount * own.placeCount);
      gathered(image, fork, 0, (call, planes, i) => {
        const from = patches + i * own.tapCount * own.placeCount * bytes;
        call(col2im, own.tapCount, own.placeCount, planes, own.taps, own.places, from);
      });
      return true;
    },
  };
}
