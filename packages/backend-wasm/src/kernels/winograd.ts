/**
 * Windows of 3 × 3 at stride 1 by Winograd's transforms (emit/winograd.ts): 16 products for 2 × 2 places, not 36.
 *
 * The weights are transformed and packed once for all images. Of an image so many lines of tiles go together that their
 * transforms stay in the second cache: transform, 16 matrix products, transform back.
 *
 * Errors are about those of the direct sum (docs/notes/wasm-kernels.md); but as pixels are subtracted from their neighbours, one
 * that is infinite makes NaN of all places of its tile.
 */

import type { Operand } from "@kronograd/tensor";
import { defineDots, dotColumns } from "../emit/dots.ts";
import { blocksOf, workspaceBytes } from "../emit/gemm.ts";
import { tileSize } from "../emit/tile.ts";
import {
  defineTransformPlaces,
  defineTransformProducts,
  defineTransformTiles,
  products,
  weightTransform,
} from "../emit/winograd.ts";
import type { Kit } from "../kit.ts";
import { f32x4 } from "../lanes.ts";
import { addressOf, type Functions } from "../runtime.ts";
import type { Piece } from "../threads/pool.ts";
import { channelPieces, type Four, type Placement, type Planes, roundUp } from "./planes.ts";

const bytes = 4;
const cached = 2 ** 19; // bytes of transforms at a time

/** What it needs of the convolutions' module. */
type Shared = Functions<"clear" | "packLines" | "tiles">;

/** Lines of tiles in so many places, and groups of four tiles in a line. */
const gridOf = ([, , h, w]: Four) => ({ lines: Math.ceil(h / 2), wide: Math.ceil(w / 8) });

/** Lines of tiles whose transforms, of so many channels, stay in the cache. */
function linesIn(lines: number, wide: number, channels: number): number {
  const perLine = 4 * wide * products * channels * bytes;
  return Math.min(lines, Math.max(1, Math.floor(cached / perLine)));
}

/** Floats from product to product: a cache line more than they take, as 16 lines a power of two apart push each other out. */
const productFloats = (channels: number, tiles: number) => channels * tiles + 16;

/** (G ⊗ G)ᵀ in scratch memory. */
function transformMatrix(kit: Kit): Operand {
  const matrix = kit.temporary("float32", [9, products]);
  kit.values(matrix).set(weightTransform);
  return matrix;
}

/**
 * Whether it is the shorter way: enough channels that products outweigh the transforms, and few tiles that hang over the edge.
 *
 * @param y         shape of the places
 * @param channels  read by each of them
 * @param rows      output channels of a group
 */
export function suitsWinograd(y: Four, channels: number, rows: number): boolean {
  const { lines, wide } = gridOf(y);
  const isFull = lines * 2 * wide * 8 <= 1.3 * y[2] * y[3];
  return isFull && Math.min(channels, rows) >= 8 && channels <= blocksOf(f32x4).KC;
}

/** The way of a layer's images, and of its weight's gradient; for layers that `suitsWinograd`. */
export function createWinograd(kit: Kit, { ownFloats, planeFloats, placed, clearOwn }: Planes, shared: () => Shared) {
  const { MR, NR } = tileSize(f32x4, kit);
  /** Floats from channel to channel: whole panels, and a cache line, as in `productFloats`. */
  const rowFloats = (tiles: number) => roundUp(tiles, NR) + 16;
  const transforms = kit.code<"transformTiles" | "transformPlaces" | "transformProducts" | "dots">((module) => {
    defineTransformTiles(module, "transformTiles", NR);
    defineTransformPlaces(module, "transformPlaces", NR);
    defineTransformProducts(module, "transformProducts");
    defineDots(module, "dots", kit.fused);
  });

  /** y [N, G·M, places] = 3 × 3 windows of a placement of images with G·C channels, times weights [G·M, C, 3, 3], + bias. */
  function correlate(y: Operand, images: Placement, weights: Operand, groups: number, bias?: Operand): void {
    const { packLines, tiles } = shared();
    const { transformTiles, transformProducts } = transforms();
    const [n, outputs, height, width] = y.shape as unknown as Four;
    const channels = images.source.shape[1]! / groups;
    const rows = outputs / groups;
    const { lines, wide } = gridOf(y.shape as unknown as Four);
    const size = [2 * lines + 2, 8 * wide + 2] as const;
    const x = { ...images, size };
    const floats = (count: number) => addressOf(kit.temporary("float32", [count]));

    const matrix = transformMatrix(kit);
    const transformed = floats(outputs * channels * products); // [outputs, channels, product]
    const perWeight = products * bytes;
    const space = floats(workspaceBytes(f32x4) / bytes);
    kit.products("float32")!.gemm()(
      outputs * channels,
      products,
      9,
      addressOf(weights),
      9 * bytes,
      bytes,
      addressOf(matrix),
      perWeight,
      bytes,
      transformed,
      perWeight,
      0,
      space,
    );
    const packedRows = roundUp(rows, MR);
    const packed = floats(groups * products * packedRows * channels);
    const leftOf = (group: number, product: number) =>
      packed + (group * products + product) * packedRows * channels * bytes;
    for (let group = 0; group < groups; group++)
      for (let product = 0; product < products; product++) {
        const from = transformed + group * rows * channels * perWeight + product * bytes;
        packLines(rows, channels, from, channels * perWeight, perWeight, leftOf(group, product));
      }
    const biases = bias === undefined ? floats(outputs) : addressOf(bias);
    if (bias === undefined) kit.clear(biases, outputs * bytes);

    const linesAtOnce = linesIn(lines, wide, channels + rows);
    const most = rowFloats(linesAtOnce * 4 * wide);
    const fork = kit.fork(n * outputs * channels * lines * wide * 4 * products);
    const { stride, addresses } = ownFloats(
      fork,
      planeFloats(x),
      products * productFloats(channels, most),
      products * productFloats(rows, most),
      MR * NR,
    );
    const [larger, V, M, tile] = addresses as [number, number, number, number];
    clearOwn(fork.ways, larger, planeFloats(x), stride);
    const imageOf = placed(x, larger);
    const [stepV, stepM] = [productFloats(channels, most) * bytes, productFloats(rows, most) * bytes];
    const [row, plane] = [size[1] * bytes, size[0] * size[1] * bytes];
    const correlateOne: Piece = (image, call) => {
      const planes = imageOf(call, image, 0, channels * groups);
      for (let group = 0; group < groups; group++) {
        const pixels = planes + group * channels * plane;
        const first = addressOf(y) + (image * outputs + group * rows) * height * width * bytes;
        for (let line = 0; line < lines; line += linesAtOnce) {
          const count = Math.min(linesAtOnce, lines - line);
          const columns = count * 4 * wide;
          const inPanels = [channels * NR * bytes, NR * bytes, stepV] as const;
          call(transformTiles, count, wide, channels, pixels + 2 * line * row, row, plane, V, ...inPanels);
          for (let product = 0; product < products; product++) {
            const [right, result] = [V + product * stepV, M + product * stepM];
            call(tiles, rows, columns, channels, leftOf(group, product), right, result, most * bytes, 0, tile);
          }
          const target = first + 2 * line * width * bytes;
          const toPlace = [biases + group * rows * bytes, target, height - 2 * line, width] as const;
          call(transformProducts, count, wide, rows, M, most * bytes, stepM, ...toPlace, height * width * bytes);
        }
      }
    };
    fork.each(n, correlateOne, stride);
  }

  /**
   * dw [G·M, C, 3, 3] = Gᵀ [Σ (A dy Aᵀ) ∘ (Bᵀ d B)] G, summed over the tiles of all images: 16 products [M, tiles] [tiles, C].
   *
   * A sum over images is one thread's: pieces are a group's channels, or some of them. Tiles are cut without regard to that.
   * Where the engine joins vectors it is worth to pack, else not.
   */
  function sumTiles(weight: Operand, images: Placement, grad: Operand, groups: number): void {
    const { clear } = shared();
    const { transformTiles, transformPlaces, dots } = transforms();
    const gemm = kit.products("float32")!.gemm();
    const [n, outputs] = grad.shape as unknown as Four;
    const [, channels] = weight.shape as unknown as Four;
    const rows = outputs / groups;
    const { lines, wide } = gridOf(grad.shape as unknown as Four);
    const x: Placement = { ...images, size: [2 * lines + 2, 8 * wide + 2] };
    const dy: Placement = { source: grad, size: [2 * lines, 8 * wide], start: [0, 0], step: [1, 1] };
    const fit = linesIn(n * lines, wide, channels + rows);
    const linesAtOnce = Math.min(fit, lines);
    const imagesAtOnce = Math.max(1, Math.floor(fit / lines));
    const perLine = 4 * wide;
    const most = rowFloats(imagesAtOnce * linesAtOnce * perLine);
    const back = addressOf(transformMatrix(kit));

    const fork = kit.fork(n * outputs * channels * lines * wide * 4 * products);
    const { pieces, widest, pieceAt } = channelPieces(channels, groups, fork.ways);
    const { stride, addresses } = ownFloats(
      fork,
      planeFloats(x, widest),
      planeFloats(dy, rows),
      products * productFloats(widest, most) + dotColumns * most,
      products * productFloats(rows, most),
      products * rows * widest + dotColumns,
      workspaceBytes(f32x4) / bytes,
    );
    const [larger, largerGrad, V, Y, sums, workspace] = addresses as [number, number, number, number, number, number];
    clearOwn(fork.ways, larger, planeFloats(x, widest), stride);
    clearOwn(fork.ways, largerGrad, planeFloats(dy, rows), stride);
    const [imageOf, gradOf] = [placed(x, larger), placed(dy, largerGrad)];
    const steps = ({ size }: Placement) => [size[1] * bytes, size[0] * size[1] * bytes] as const;
    const tile = most * bytes; // from channel to channel
    const sumOne: Piece = (piece, call) => {
      const { group, first, count } = pieceAt(piece);
      const perProduct = rows * count * bytes;
      const [stepV, stepY] = [productFloats(count, most) * bytes, productFloats(rows, most) * bytes];
      call(clear, sums, products * perProduct);
      for (let image = 0; image < n; image++) {
        const pixels = imageOf(call, image, group * channels + first, count);
        const cotangents = gradOf(call, image, group * rows, rows);
        const before = (image % imagesAtOnce) * lines * perLine; // tiles of other images
        for (let line = 0; line < lines; line += linesAtOnce) {
          const some = Math.min(linesAtOnce, lines - line);
          const [row, rowGrad] = [steps(x)[0], steps(dy)[0]];
          const inRows = [NR * bytes, tile] as const; // tiles of a channel lie in a row
          const [toV, toY] = [V + before * bytes, Y + before * bytes];
          call(transformTiles, some, wide, count, pixels + 2 * line * row, ...steps(x), toV, ...inRows, stepV);
          call(transformPlaces, some, wide, rows, cotangents + 2 * line * rowGrad, ...steps(dy), toY, ...inRows, stepY);
          if ((image + 1) % imagesAtOnce !== 0 && image + 1 < n) continue;
          const vectors = (before + some * perLine) / 4;
          for (let product = 0; product < products; product++) {
            const [left, right, sum] = [Y + product * stepY, V + product * stepV, sums + product * perProduct];
            if (kit.paired) {
              const operands = [left, tile, bytes, right, bytes, tile, sum, count * bytes, 1, workspace] as const;
              call(gemm, rows, count, 4 * vectors, ...operands);
            } else call(dots, rows, count, vectors, left, tile, right, tile, sum, count * bytes);
          }
        }
      }
      for (let row = 0; row < rows; row++) {
        const target = addressOf(weight) + ((group * rows + row) * channels + first) * 9 * bytes;
        const left = [sums + row * count * bytes, bytes, perProduct] as const;
        call(gemm, count, 9, products, ...left, back, bytes, products * bytes, target, 9 * bytes, 0, workspace);
      }
    };
    fork.each(pieces, sumOne, stride);
  }

  return { correlate, sumTiles };
}
