/**
 * Windows of 3 × 3 and 5 × 5 at stride 1 by Winograd's transforms (emit/winograd.ts): of a place of a 3 × 3 window 4 products, or
 * 2¼, and not 9.
 *
 * The weights are transformed and packed once for all images. Of an image so many lines of tiles go together that their
 * transforms stay in the second cache: transform, α² matrix products, transform back.
 *
 * Errors are about twice those of the direct sum, and six times with tiles of 8 × 8 pixels (docs/notes/wasm-kernels.md); and as
 * pixels are subtracted from their neighbours, one that is infinite makes NaN of all places of its tile.
 */

import type { Operand, Pair } from "@kronograd/tensor";
import type { Four } from "@kronograd/tensor/kernel";
import { workspaceBytes } from "../../emit/gemm.ts";
import { defineRowProducts, rowProductColumns } from "../../emit/row-products.ts";
import { tileSize } from "../../emit/tile.ts";
import {
  defineTransformPlaces,
  defineTransformProducts,
  defineTransformTiles,
  productsOf,
  type Scheme,
  weightTransform,
} from "../../emit/winograd.ts";
import { f32x4 } from "../../engine/lanes.ts";
import { addressOf, type Functions, inShares, lazy } from "../../engine/runtime.ts";
import type { Kit } from "../../kit.ts";
import type { Call, Piece } from "../../threads/pool.ts";
import { addUp, cut, sumPieces } from "./pieces.ts";
import { type Placement, type Planes, roundUp } from "./planes.ts";

const bytes = 4;
const cached = 2 ** 20; // bytes of transforms at a time
const shortRows = 4; // rows of the products' short tile
const weightsMost = 2 ** 18; // input times output channels, whose transforms take up to 64 times 8 bytes each
// as measured, in multiply-adds: what it takes to begin and to store a sum, to transform a pixel or a product, and a weight
const sumCost = 4;
const transformCost = 3;
const weightCost = 20;

/** What it needs of the convolutions' module. */
type Shared = Functions<"packLines" | "manyTiles">;

/**
 * The ways there are. Errors grow with the powers of the points and of their inverses, so these were searched for: ±⅝, ±3/2 have
 * half the errors of the usual ±1, ±2.
 */
const schemes: readonly Scheme[] = [
  { places: 2, window: 3, points: [1] },
  { places: 4, window: 3, points: [0.625, 1.5] },
  { places: 2, window: 5, points: [0.625, 1.5] },
  { places: 4, window: 5, points: [0.5, 1, 2.25] },
];

/**
 * How a scheme covers planes of places: lines of so many groups of four tiles, which lie in a row or, `tall`, two in each of two
 * rows.
 */
interface Grid {
  readonly scheme: Scheme;
  readonly tall: 0 | 1;
  readonly lines: number;
  readonly across: number;
  /** Rows and columns of places that the tiles of a line, and of a group, cover. */
  readonly rows: number;
  readonly columns: number;
}

function gridOf([, , height, width]: Four, scheme: Scheme): Grid {
  const [flat, square] = ([0, 1] as const).map((tall): Grid => {
    const rows = scheme.places << tall;
    const columns = (4 * scheme.places) >> tall;
    return { scheme, tall, lines: Math.ceil(height / rows), across: Math.ceil(width / columns), rows, columns };
  }) as [Grid, Grid];
  return flat.lines * flat.across <= square.lines * square.across ? flat : square;
}

/** Pixels that a grid of places sees. */
const seen = ({ scheme: { window }, lines, across, rows, columns }: Grid): Pair => [
  lines * rows + window - 1,
  across * columns + window - 1,
];

/**
 * Lines of tiles, or whole images, whose transforms stay in the cache; more of them where weights are so many that they must be
 * read from further away for each block. Images in even pieces for threads.
 */
function blocks({ lines, across, scheme }: Grid, channels: number, rows: number, images: number, ways: number) {
  const perLine = 4 * across;
  const tiles = Math.max(cached / (productsOf(scheme) * (channels + rows) * bytes), (channels * rows) / 2048);
  const fit = Math.max(1, Math.floor(tiles / perLine));
  const pieces = Math.min(images, roundUp(Math.ceil(images / Math.max(1, Math.floor(fit / lines))), ways));
  return { linesAtOnce: Math.min(lines, fit), imagesAtOnce: Math.ceil(images / Math.max(1, pieces)), pieces };
}

/** Floats from product to product: a cache line more than they take, as 16 lines a power of two apart push each other out. */
const productFloats = (channels: number, tiles: number) => channels * tiles + 16;

/**
 * The way with the fewest operations, or null where that is the direct sum: few channels, few places, or many tiles that hang over
 * the edge.
 *
 * @param window    rows and columns of the window, whose pixels and places are neighbours
 * @param y         shape of the places
 * @param channels  read by each of them
 * @param rows      output channels of a group
 */
export function winogradGrid([high, wide]: Pair, y: Four, channels: number, rows: number): Grid | null {
  if (channels < 4 || channels * rows > weightsMost) return null;
  const lines = roundUp(rows, shortRows);
  let best: Grid | null = null;
  let least = y[0] * y[2] * y[3] * lines * (high * wide * channels + sumCost);
  for (const scheme of schemes) {
    if (high !== scheme.window || wide !== scheme.window) continue;
    const grid = gridOf(y, scheme);
    const perProduct = lines * (channels + sumCost) + transformCost * (channels + rows);
    const tiles = y[0] * grid.lines * grid.across * 4;
    const operations = productsOf(scheme) * (tiles * perProduct + weightCost * rows * channels);
    if (operations < least) [best, least] = [grid, operations];
  }
  return best;
}

type Transforms = Functions<"transformTiles" | "transformPlaces" | "transformProducts">;

/** The way of a layer's images, and of its weight's gradient; for layers that have a `winogradGrid`. */
export function createWinograd(kit: Kit, { ownFloats, planeFloats, placed, clearOwn }: Planes, shared: () => Shared) {
  const { MR, NR } = tileSize(f32x4, kit);
  /** Floats from channel to channel: whole panels, and a cache line, as in `productFloats`. */
  const rowFloats = (tiles: number) => roundUp(tiles, NR) + 16;
  const dotCode = kit.code<"dots">((module) => void defineRowProducts(module, "dots", kit.fused));
  const transformsOf = new Map(
    schemes.map((scheme) => {
      const code = kit.code((module) => {
        defineTransformTiles(module, "transformTiles", scheme, NR, kit.fused);
        defineTransformPlaces(module, "transformPlaces", scheme, NR, kit.fused);
        defineTransformProducts(module, "transformProducts", scheme, kit.fused);
      }) as () => Transforms;
      return [scheme, lazy(() => ({ ...code(), matrix: weightTransform(scheme) }))] as const;
    }),
  );
  /** (G ⊗ G)ᵀ in scratch memory. */
  const matrixOf = (scheme: Scheme): number => {
    const matrix = kit.temporary("float32", [scheme.window ** 2, productsOf(scheme)]);
    kit.values(matrix).set(transformsOf.get(scheme)!().matrix);
    return addressOf(matrix);
  };

  /**
   * y [N, G·M, places] = r × r windows of a placement of images with G·C channels, times weights [G·M, C, r, r], + bias; or,
   * `isBack`, times weights [G·C, M, −r, −r].
   */
  function correlate(
    grid: Grid,
    y: Operand,
    images: Placement,
    weights: Operand,
    groups: number,
    isBack: boolean,
    bias?: Operand,
  ): void {
    const { packLines, manyTiles } = shared();
    const { scheme, tall, lines, across } = grid;
    const { transformTiles, transformProducts } = transformsOf.get(scheme)!();
    const [products, taps] = [productsOf(scheme), scheme.window ** 2];
    const [n, outputs, height, width] = y.shape as unknown as Four;
    const channels = images.source.shape[1]! / groups;
    const rows = outputs / groups;
    const size = seen(grid);
    const x = { ...images, size };
    const floats = (count: number) => addressOf(kit.temporary("float32", [count]));

    const count = outputs * channels;
    const transformed = floats(products * count); // [product, weights' first and second axis]
    const matrix = matrixOf(scheme);
    const packedRows = roundUp(rows, MR);
    const packed = floats(groups * products * packedRows * channels);
    const packedStep = packedRows * channels * bytes;
    const gemm = kit.products("float32")!.gemm();
    const weightFork = kit.fork(products * count * taps);
    const space = ownFloats(weightFork, workspaceBytes(f32x4) / bytes);
    const tapStep = products * bytes;
    const [firstTap, nextTap] = isBack ? [matrix + (taps - 1) * tapStep, -tapStep] : [matrix, tapStep];
    const transformSome = (first: number, some: number, call: Call) => {
      const [left, right] = [[firstTap, bytes, nextTap] as const, addressOf(weights) + first * taps * bytes];
      const result = [transformed + first * bytes, count * bytes, 0, space.addresses[0]!] as const;
      call(gemm, products, some, taps, ...left, right, bytes, taps * bytes, ...result);
    };
    inShares(weightFork, count, transformSome, space.stride);
    weightFork.each(groups * products, (piece, call) => {
      const [group, product] = [Math.floor(piece / products), piece % products];
      const from = transformed + (product * count + group * rows * channels) * bytes;
      const steps = isBack ? ([bytes, rows * bytes] as const) : ([channels * bytes, bytes] as const);
      call(packLines, rows, channels, from, ...steps, packed + piece * packedStep);
    });
    const biases = bias === undefined ? floats(outputs) : addressOf(bias);
    if (bias === undefined) kit.clear(biases, outputs * bytes);

    const fork = kit.fork(n * outputs * channels * lines * across * 4 * products);
    const { linesAtOnce, imagesAtOnce, pieces } = blocks(grid, channels, rows, n, fork.ways);
    const perImage = linesAtOnce * 4 * across; // tiles
    const most = rowFloats(imagesAtOnce * perImage);
    const { stride, addresses } = ownFloats(
      fork,
      planeFloats(x, channels),
      products * productFloats(channels, most),
      products * productFloats(rows, most),
      MR * NR,
    );
    const [larger, V, M, tile] = addresses as [number, number, number, number];
    clearOwn(fork.ways, larger, planeFloats(x, channels), stride);
    const imageOf = placed(x, larger);
    const [stepV, stepM] = [productFloats(channels, most) * bytes, productFloats(rows, most) * bytes];
    const [row, plane] = [size[1] * bytes, size[0] * size[1] * bytes];
    const inPanels = [channels * NR * bytes, NR * bytes, stepV] as const;
    const correlateSome: Piece = (piece, call) => {
      const [start, end] = [cut(piece, pieces, n), cut(piece + 1, pieces, n)];
      const images = end - start;
      for (let group = 0; group < groups; group++) {
        let pixels = 0;
        for (let line = 0; line < lines; line += linesAtOnce) {
          const count = Math.min(linesAtOnce, lines - line);
          const top = line * grid.rows;
          const tilesOf = (image: number) => [count, across, tall, (image * perImage) / 4] as const;
          for (let image = 0; image < images; image++) {
            if (line === 0) pixels = imageOf(call, start + image, group * channels, channels);
            call(transformTiles, ...tilesOf(image), channels, pixels + top * row, row, plane, V, ...inPanels);
          }
          const columns = (images - 1) * perImage + count * 4 * across;
          const left = packed + group * products * packedStep;
          const parts = [rows, columns, channels, left, V, M, most * bytes, 0, tile] as const;
          call(manyTiles, products, packedStep, stepV, stepM, ...parts);
          for (let image = 0; image < images; image++) {
            const first = (start + image) * outputs + group * rows;
            const target = addressOf(y) + (first * height + top) * width * bytes;
            const toPlace = [biases + group * rows * bytes, target, height - top, width] as const;
            const from = [M, most * bytes, stepM] as const;
            call(transformProducts, ...tilesOf(image), rows, ...from, ...toPlace, height * width * bytes);
          }
        }
      }
    };
    fork.each(pieces, correlateSome, stride);
  }

  /**
   * dw [G·M, C, r, r] = Gᵀ [Σ (A dy Aᵀ) ∘ (Bᵀ d B)] G, summed over the tiles of all images: α² products [M, tiles] [tiles, C].
   *
   * Where the engine joins vectors it is worth to pack rows of tiles, else not.
   */
  function sumTiles(grid: Grid, weight: Operand, images: Placement, grad: Operand, groups: number): void {
    const { dots } = dotCode();
    const { scheme, tall, lines, across } = grid;
    const { transformTiles, transformPlaces } = transformsOf.get(scheme)!();
    const [products, taps] = [productsOf(scheme), scheme.window ** 2];
    const gemm = kit.products("float32")!.gemm();
    const [n, outputs] = grad.shape as unknown as Four;
    const [, channels] = weight.shape as unknown as Four;
    const rows = outputs / groups;
    const x: Placement = { ...images, size: seen(grid) };
    const places: Pair = [lines * grid.rows, across * grid.columns];
    const dy: Placement = { source: grad, size: places, phases: 1, start: [0, 0], step: [1, 1] };
    const { linesAtOnce, imagesAtOnce } = blocks(grid, channels, rows, n, 1);
    const perLine = 4 * across;
    const most = rowFloats(imagesAtOnce * linesAtOnce * perLine);
    const back = matrixOf(scheme);

    const sumFloats = products * outputs * channels; // [groups, product, rows, channels]
    const fork = kit.fork(n * outputs * channels * lines * across * 4 * products);
    const terms = n * grad.shape[2]! * grad.shape[3]!;
    const { parts, pieces, widest, pieceAt } = sumPieces(n, terms, sumFloats, channels, groups, fork.ways);
    const sums = Array.from({ length: parts }, () => kit.temporary("float32", [sumFloats + rowProductColumns]));
    for (const sum of sums) kit.clear(addressOf(sum), sumFloats * bytes);
    const { stride, addresses } = ownFloats(
      fork,
      planeFloats(x, widest),
      planeFloats(dy, rows),
      products * productFloats(widest, most) + rowProductColumns * most,
      products * productFloats(rows, most),
      workspaceBytes(f32x4) / bytes,
    );
    const [larger, largerGrad, V, Y, workspace] = addresses as [number, number, number, number, number];
    clearOwn(fork.ways, larger, planeFloats(x, widest), stride);
    clearOwn(fork.ways, largerGrad, planeFloats(dy, rows), stride);
    const [imageOf, gradOf] = [placed(x, larger), placed(dy, largerGrad)];
    const steps = ({ size }: Placement) => [size[1] * bytes, size[0] * size[1] * bytes] as const;
    const tile = most * bytes; // from channel to channel
    const sumRow = channels * bytes;
    const sumStep = rows * sumRow; // from product to product
    const sumOne: Piece = (piece, call) => {
      const { part, start, end, group, first, count } = pieceAt(piece);
      const sum = addressOf(sums[part]!) + group * products * sumStep + first * bytes;
      const [stepV, stepY] = [productFloats(count, most) * bytes, productFloats(rows, most) * bytes];
      for (let image = start; image < end; image++) {
        const pixels = imageOf(call, image, group * channels + first, count);
        const cotangents = gradOf(call, image, group * rows, rows);
        const before = ((image - start) % imagesAtOnce) * lines * perLine; // tiles of other images
        for (let line = 0; line < lines; line += linesAtOnce) {
          const some = Math.min(linesAtOnce, lines - line);
          const [row, rowGrad] = [steps(x)[0], steps(dy)[0]];
          const inRows = [NR * bytes, tile] as const; // tiles of a channel lie in a row
          const top = line * grid.rows;
          const tiles = [some, across, tall, before / 4] as const;
          call(transformTiles, ...tiles, count, pixels + top * row, ...steps(x), V, ...inRows, stepV);
          call(transformPlaces, ...tiles, rows, cotangents + top * rowGrad, ...steps(dy), Y, ...inRows, stepY);
          if ((image - start + 1) % imagesAtOnce !== 0 && image + 1 < end) continue;
          const vectors = (before + some * perLine) / 4;
          if (kit.paired) {
            for (let product = 0; product < products; product++) {
              const [left, right] = [Y + product * stepY, V + product * stepV];
              const operands = [left, tile, bytes, right, bytes, tile, sum + product * sumStep, sumRow] as const;
              call(gemm, rows, count, 4 * vectors, ...operands, 1, workspace);
            }
          } else call(dots, products, stepY, stepV, sumStep, rows, count, vectors, Y, tile, V, tile, sum, sumRow);
        }
      }
    };
    fork.each(pieces, sumOne, stride);
    addUp(kit, sums);

    const backFork = kit.fork(products * outputs * channels * taps);
    const space = ownFloats(backFork, workspaceBytes(f32x4) / bytes);
    const perGroup = rows * channels;
    for (let group = 0; group < groups; group++) {
      const transformSome = (first: number, some: number, call: Call) => {
        const left = addressOf(sums[0]!) + group * products * sumStep + first * bytes;
        const target = addressOf(weight) + (group * perGroup + first) * taps * bytes;
        const right = [back, bytes, products * bytes] as const;
        const result = [target, taps * bytes, 0, space.addresses[0]!] as const;
        call(gemm, some, taps, products, left, bytes, sumStep, ...right, ...result);
      };
      inShares(backFork, perGroup, transformSome, space.stride);
    }
  }

  return { correlate, sumTiles };
}
