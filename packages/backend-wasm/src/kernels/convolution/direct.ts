/**
 * Convolutions as products with matrices of patches that are packed straight from the padded images (emit/patches.ts), block by
 * block as `gemm` does.
 */

import type { Operand, Pair } from "@kronograd/tensor";
import type { Four } from "@kronograd/tensor/kernel";
import { defineFillRows } from "../../emit/bias.ts";
import { blocksOf, defineParts, tiles } from "../../emit/gemm.ts";
import { defineCol2im, defineIm2col, definePackPlaces, definePackTaps } from "../../emit/patches.ts";
import { definePlace } from "../../emit/place.ts";
import { call, integers, Module, step, times } from "../../engine/assembler.ts";
import { f32x4 } from "../../engine/lanes.ts";
import { addressOf } from "../../engine/runtime.ts";
import type { Kit } from "../../kit.ts";
import type { Piece } from "../../threads/pool.ts";
import { addUp, sumPieces } from "./pieces.ts";
import { type Placement, type Planes, roundUp } from "./planes.ts";

const lanes = f32x4;
const bytes = 4;

/** A window, and the size of what it makes. */
export interface Geometry {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Size of the output. */
  readonly places: Pair;
}

/** The functions of all convolutions. */
export function defineConvolutions(kit: Kit) {
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

/** @param code  gives the functions, compiled when they are first needed */
export function createDirect(kit: Kit, planes: Planes, code: () => ReturnType<typeof defineConvolutions>) {
  const { NC, KC } = blocksOf(lanes);
  const { ownFloats, planeFloats, placed, clearOwn } = planes;

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

  /** dw [G·M, taps] += dy [G·M, places] · patchesᵀ, over the images; `image` has G·C channels. */
  const sumPatches = (weight: Operand, image: Placement, grad: Operand, groups: number, geometry: Geometry): void => {
    const { MR, NR, packLines, packTaps, tiles: run } = code();
    const { kernel } = geometry;
    const [n, outputs] = grad.shape as unknown as Four;
    const channels = image.source.shape[1]! / groups;
    const perChannel = kernel[0] * kernel[1];
    const { taps, tapCount, places, placeCount } = tables(channels, image.size, geometry, image.phases);
    const rows = outputs / groups;
    const depthMost = Math.min(KC, placeCount);
    const cotangents = addressOf(grad);
    if (n * placeCount === 0) kit.clear(addressOf(weight), outputs * tapCount * bytes);
    const fork = kit.fork(n * outputs * tapCount * placeCount);
    const sumCount = outputs * tapCount;
    const { parts, pieces, pieceAt } = sumPieces(n, n * placeCount, sumCount, channels, groups, fork.ways);
    const sums = [weight, ...Array.from({ length: parts - 1 }, () => kit.temporary("float32", weight.shape))];
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
  };

  return { tables, correlate, sumPatches };
}
