/**
 * Kernels of conv2d, its two gradients, im2col and col2im.
 *
 * A convolution is a product with the matrix of patches, which is packed straight from the padded image (emit/patches.ts):
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
import { defineFillRows } from "../../emit/bias.ts";
import { blocksOf, defineParts, tiles, workspaceBytes } from "../../emit/gemm.ts";
import { defineCol2im, defineIm2col, definePackPlaces, definePackTaps } from "../../emit/patches.ts";
import { definePlace } from "../../emit/place.ts";
import { call, integers, Module, step, times } from "../../engine/assembler.ts";
import { f32x4 } from "../../engine/lanes.ts";
import { addressOf, type Fork, lazy } from "../../engine/runtime.ts";
import type { Kernels, Kit } from "../../kit.ts";
import type { Call, Piece } from "../../threads/pool.ts";
import { addUp, sumPieces } from "./pieces.ts";
import { createPlanes, type Placement, roundUp } from "./planes.ts";
import { createWinograd, winogradGrid } from "./winograd.ts";

const lanes = f32x4;
const bytes = 4;

interface Geometry {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Size of the output. */
  readonly places: Pair;
}

function define(kit: Kit) {
  const module = new Module();
  const parts = defineParts(module, lanes, kit);
  const { MR, NR } = parts;
  const packPlaces = definePackPlaces(module, NR);
  const packTaps = definePackTaps(module, lanes, NR);
  module.export("packLines", parts.packA);
  module.export("packPlaces", packPlaces);
  module.export("packTaps", packTaps);
  const product = module.define("tiles", integers(9), (f, rows, columns, depth, a, b, c, rowStep, adds, space) =>
    tiles(f, lanes, parts, { rows, columns, depth, a, b, c, rowStep, adds, space }),
  );
  // several products, whose parts lie in equal steps
  module.define("manyTiles", integers(13), (_, count, aStep, bStep, cStep, rows, columns, depth, a, b, c, ...rest) =>
    times(count, call(product, rows, columns, depth, a, b, c, ...rest), step(a, aStep), step(b, bStep), step(c, cStep)),
  );
  defineIm2col(module, "im2col", lanes);
  defineCol2im(module, "col2im", lanes);
  definePlace(module, "place", lanes);
  defineFillRows(module, "fill", lanes);
  type Packs = "packLines" | "packPlaces" | "packTaps";
  type Names = Packs | "tiles" | "manyTiles" | "im2col" | "col2im" | "place" | "fill";
  return { ...kit.link<Names>(module), MR, NR };
}

/** Whether a window's pixels and its places are neighbours. */
const isDense = ({ stride, dilation }: Omit<Geometry, "places">) =>
  [...stride, ...dilation].every((pace) => pace === 1);

const paddedSize = ([, , h, w]: Shape, padding: Pair): Pair => [h! + 2 * padding[0], w! + 2 * padding[1]];

/** Kernels of conv2d and its two gradients, im2col and col2im. */
export function convolutionKernels(kit: Kit): Kernels {
  const code = lazy(() => define(kit));
  const { NC, KC } = blocksOf(lanes);
  const planes = createPlanes(kit, () => code().place);
  const { ownFloats, planeFloats, placed, takenBack, clearOwn } = planes;
  const winograd = createWinograd(kit, planes, code);

  const floats = (count: number) => addressOf(kit.temporary("float32", [count]));

  /** A table of byte offsets in scratch memory. */
  const table = (offsets: Int32Array): number => {
    const block = kit.temporary("int32", [offsets.length]);
    kit.values(block).set(offsets);
    return addressOf(block);
  };

  /** Tables of a window on images of some size, whose columns may be in the order of phases: as many as the stride. */
  const tables = (channels: number, [h, w]: Pair, { kernel, stride, dilation, places }: Geometry, phases = 1) => {
    const taps = new Int32Array(channels * kernel[0] * kernel[1]);
    const columnOf = (x: number) => ((x % phases) * w + x - (x % phases)) / phases;
    let i = 0;
    for (let c = 0; c < channels; c++)
      for (let u = 0; u < kernel[0]; u++)
        for (let v = 0; v < kernel[1]; v++)
          taps[i++] = bytes * (c * h * w + u * dilation[0] * w + columnOf(v * dilation[1]));
    const spots = new Int32Array(places[0] * places[1]);
    i = 0;
    for (let y = 0; y < places[0]; y++)
      for (let x = 0; x < places[1]; x++) spots[i++] = bytes * (y * stride[0] * w + columnOf(x * stride[1]));
    return { taps: table(taps), tapCount: taps.length, places: table(spots), placeCount: spots.length };
  };

  /** Weights [G·M, C, kh, kw] for the way back: [G·C, M, −kh, −kw]. */
  const turned = (weight: Operand, groups: number): Operand => {
    const [outputs, channels, kh, kw] = weight.shape as unknown as Four;
    const [wo, wc, wu, wv] = weight.strides as unknown as Four;
    const count = outputs / groups;
    return kit.dense({
      ...weight,
      shape: [groups, channels, count, kh, kw],
      strides: [count * wo, wc, wo, -wu, -wv],
      offset: weight.offset + (kh - 1) * wu + (kw - 1) * wv,
    });
  };

  /**
   * y [N, G·M, places] = weights [G·M, taps] · patches, for a placement of images with G·C channels; `isBack` turns weights
   * [G·C, M, taps].
   */
  const correlate = (
    y: Operand,
    x: Placement,
    weight: Operand,
    groups: number,
    geometry: Geometry,
    { isBack = false, bias }: { isBack?: boolean; bias?: Operand | undefined } = {},
  ): void => {
    const { MR, NR, packLines, packPlaces, tiles: run, fill } = code();
    const [n, outputs] = y.shape as unknown as Four;
    const channels = x.source.shape[1]! / groups;
    const rows = outputs / groups;
    const grid = isDense(geometry) && winogradGrid(geometry.kernel, y.shape as unknown as Four, channels, rows);
    if (grid) {
      winograd.correlate(grid, y, x, kit.dense(weight), groups, isBack, bias);
      return;
    }
    const weights = isBack ? turned(weight, groups) : kit.dense(weight);
    const { taps, tapCount, places, placeCount } = tables(channels, x.size, geometry, x.phases);
    const height = roundUp(rows, MR);
    const packed = floats(groups * height * tapCount);
    for (let group = 0; group < groups; group++) {
      const matrix = addressOf(weights) + group * rows * tapCount * bytes;
      for (let k = 0; k < tapCount; k += KC) {
        const depth = Math.min(KC, tapCount - k);
        packLines(
          rows,
          depth,
          matrix + k * bytes,
          tapCount * bytes,
          bytes,
          packed + (group * tapCount + k) * height * bytes,
        );
      }
    }
    const fork = kit.fork(n * outputs * tapCount * placeCount);
    const most = roundUp(Math.min(NC, placeCount), NR) * Math.min(KC, tapCount);
    const { stride, addresses } = ownFloats(fork, planeFloats(x), most, MR * NR);
    const [larger, panel, space] = addresses as [number, number, number];
    clearOwn(fork.ways, larger, planeFloats(x), stride);
    const imageOf = placed(x, larger);
    const correlateOne: Piece = (image, call) => {
      const planes = imageOf(call, image, 0, x.source.shape[1]!);
      const target = addressOf(y) + image * outputs * placeCount * bytes;
      if (bias !== undefined) call(fill, outputs, placeCount, addressOf(bias), target);
      for (let group = 0; group < groups; group++) {
        const pixels = planes + group * channels * x.size[0] * x.size[1] * bytes;
        for (let k = 0; k < tapCount; k += KC) {
          const depth = Math.min(KC, tapCount - k);
          const left = packed + (group * tapCount + k) * height * bytes;
          const adds = Number(k > 0 || bias !== undefined);
          for (let j = 0; j < placeCount; j += NC) {
            const columns = Math.min(NC, placeCount - j);
            call(packPlaces, columns, depth, pixels, places + 4 * j, taps + 4 * k, panel);
            const c = target + (group * rows * placeCount + j) * bytes;
            call(run, rows, columns, depth, left, panel, c, placeCount * bytes, adds, space);
          }
        }
      }
    };
    fork.each(n, correlateOne, stride);
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
      const { MR, NR, packLines, packTaps, tiles: run } = code();
      const [n, outputs, ...size] = grad!.shape as unknown as Four;
      const image = padded(kit.dense(x!), padding, { kernel, stride });
      const channels = x!.shape[1]! / groups;
      const result = grad!.shape as unknown as Four;
      const grid = isDense({ kernel, stride, dilation }) && winogradGrid(kernel, result, channels, outputs / groups);
      if (grid) {
        winograd.sumTiles(grid, weight!, image, kit.dense(grad!), groups);
        return true;
      }
      const perChannel = kernel[0] * kernel[1];
      const { taps, tapCount, places, placeCount } = tables(
        channels,
        image.size,
        { kernel, stride, dilation, places: size },
        image.phases,
      );
      const rows = outputs / groups;
      const depthMost = Math.min(KC, placeCount);
      const cotangents = addressOf(kit.dense(grad!));
      if (n * placeCount === 0) kit.clear(addressOf(weight!), outputs * tapCount * bytes);
      const fork = kit.fork(n * outputs * tapCount * placeCount);
      const sumCount = outputs * tapCount;
      const { parts, pieces, pieceAt } = sumPieces(n, n * placeCount, sumCount, channels, groups, fork.ways);
      const sums = [weight!, ...Array.from({ length: parts - 1 }, () => kit.temporary("float32", weight!.shape))];
      const panelFloats = roundUp(Math.min(NC, tapCount), NR) * depthMost;
      const floatsOf = planeFloats(image, channels);
      const own = ownFloats(fork, floatsOf, panelFloats, roundUp(rows, MR) * depthMost, MR * NR);
      const [larger, panel, left, space] = own.addresses as [number, number, number, number];
      clearOwn(fork.ways, larger, floatsOf, own.stride);
      const imageOf = placed(image, larger);
      const sumOne: Piece = (piece, call) => {
        const { part, start, end, group, first, count } = pieceAt(piece);
        const [firstTap, endTap] = [first * perChannel, (first + count) * perChannel];
        const target = addressOf(sums[part]!) + group * rows * tapCount * bytes;
        for (let i = start; i < end; i++) {
          const pixels = imageOf(call, i, group * channels + first, count);
          for (let k = 0; k < placeCount; k += KC) {
            const depth = Math.min(KC, placeCount - k);
            const from = cotangents + ((i * outputs + group * rows) * placeCount + k) * bytes;
            call(packLines, rows, depth, from, placeCount * bytes, bytes, left);
            for (let j = firstTap; j < endTap; j += NC) {
              const columns = Math.min(NC, endTap - j);
              call(packTaps, columns, depth, pixels, taps + 4 * (j - firstTap), places + 4 * k, panel);
              const adds = Number(i > start || k > 0);
              call(run, rows, columns, depth, left, panel, target + j * bytes, tapCount * bytes, adds, space);
            }
          }
        }
      };
      fork.each(pieces, sumOne, own.stride);
      addUp(kit, sums);
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
