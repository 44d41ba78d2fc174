/**
 * The transforms of Winograd's convolution F(2 × 2, 3 × 3), which makes 2 × 2 places out of 4 × 4 pixels by 16 products where
 * the window takes 36:
 *
 *     Y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A
 *
 *     Bᵀ = 1  0 −1  0     G = 1   0   0     Aᵀ = 1  1  1  0
 *          0  1  1  0         ½   ½   ½          0  1 −1 −1
 *          0 −1  1  0         ½  −½   ½
 *          0  1  0 −1         0   0   1
 *
 * Summed over channels, the 16 products are 16 matrix products [out, in] [in, tiles]. Four tiles of a row are four lanes.
 *
 * Source: Lavin & Gray (2016), "Fast algorithms for convolutional neural networks", §4.1.
 */

import {
  type Code,
  type Func,
  i32,
  int,
  integers,
  type Local,
  type Module,
  set,
  step,
  times,
  upTo,
  V128,
  when,
} from "../assembler.ts";
import { f32x4, storeTail, v128 } from "../lanes.ts";

/** Matrices of a transformed tile. */
export const products = 16;
const { add, sub } = f32x4;
const four = [0, 1, 2, 3] as const;

type Four = readonly [Local, Local, Local, Local];
type Five = readonly [Local, Local, Local, Local, Local];
type Seven = readonly [...Five, Local, Local];

/** G: the weights' transform is a product with G ⊗ G, [16, 9]. */
const G = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
] as const;

/** (G ⊗ G)ᵀ row-major, [9, 16]. */
export const weightTransform = Float32Array.from({ length: 9 * products }, (_, i) => {
  const [tap, product] = [Math.floor(i / products), i % products];
  return G[product >> 2]![Math.floor(tap / 3)]! * G[product & 3]![tap % 3]!;
});

/** Bᵀ times a column of four. */
const spread = ([a, b, c, d]: readonly Local[]) => [sub(a!, c!), add(b!, c!), sub(c!, b!), sub(b!, d!)];

/** Aᵀ times a column of four. */
const gather = ([a, b, c, d]: readonly Local[]) => [add(add(a!, b!), c!), sub(sub(b!, c!), d!)];

/** Run `body` for each group of four tiles; `index` counts them. */
function eachGroup(index: Local, line: Local, lines: Local, group: Local, groups: Local, body: Code, next: Code): Code {
  return [set(index, int(0)), upTo(line, lines, upTo(group, groups, body, step(index, int(1))), next)];
}

/** What a transform of tiles walks over: the next group of four tiles of every channel. */
interface Walk {
  readonly lines: Local;
  readonly groups: Local;
  readonly channels: Local;
  readonly image: Local;
  readonly planeStep: Local;
  readonly target: Local;
  readonly panelStep: Local;
  readonly channelStep: Local;
  readonly productStep: Local;
}

/**
 * For each group of four tiles and each channel, `transformed` (a function of the address of its first pixel) gives the 16
 * vectors to store, of panels of R tiles.
 */
function transform(
  f: Func,
  R: number,
  walk: Walk,
  nextLine: Code,
  transformed: (pixels: Local) => [Code, Code[]],
): Code {
  const { lines, groups, channels, image, planeStep, target, panelStep, channelStep, productStep } = walk;
  const [index, line, group, left, pixels, to, out] = f.many(7);
  const perPanel = R / 4;
  const panel = i32.mul(i32.shr(index, int(Math.log2(perPanel))), panelStep);
  const [prepare, vectors] = transformed(pixels);
  const body = [
    set(to, i32.add(target, i32.add(panel, i32.shl(i32.and(index, int(perPanel - 1)), int(4))))),
    set(pixels, i32.add(image, i32.shl(group, int(5)))),
    set(left, channels),
    times(
      left,
      prepare,
      set(out, to),
      vectors.map((vector) => [v128.store(out, vector), step(out, productStep)]),
      step(pixels, planeStep),
      step(to, channelStep),
    ),
  ];
  return eachGroup(index, line, lines, group, groups, body, nextLine);
}

/**
 * Transform lines of tiles of 4 × 4 pixels, which overlap by two: V = Bᵀ d B. Panels of R tiles are `panelStep` apart and in
 * one of them channels `channelStep`: R floats makes it the right factor of a product.
 *
 * Parameters: lines, groups of four tiles in each, channels, address of the first pixel in the first plane, bytes from row to
 * row and from plane to plane, target, bytes from panel to panel, from channel to channel and from product to product.
 */
export function defineTransformTiles(module: Module, name: string, R: number): Func {
  return module.define(name, integers(10), (f, lines, groups, channels, image, rowStep, ...rest) => {
    const [planeStep, target, panelStep, channelStep, productStep] = rest as Five;
    const row = f.local();
    const d = four.map(() => f.many(4, V128));
    const loaded = f.many(4, V128);
    const [a, b, c, e] = loaded as Four;
    const readRow = (own: readonly Local[]) => [
      [0, 16, 8, 24].map((offset, i) => set(loaded[i]!, v128.load(row, offset))),
      set(own[0]!, v128.shuffle32(a, b, [0, 2, 4, 6])), // pixels 0 2 4 6
      set(own[1]!, v128.shuffle32(a, b, [1, 3, 5, 7])),
      set(own[2]!, v128.shuffle32(c, e, [0, 2, 4, 6])), // 2 4 6 8
      set(own[3]!, v128.shuffle32(c, e, [1, 3, 5, 7])),
      spread(own).map((value, i) => set(loaded[i]!, value)),
      loaded.map((vector, i) => set(own[i]!, vector)),
      step(row, rowStep),
    ];
    const walk = { lines, groups, channels, image, planeStep, target, panelStep, channelStep, productStep };
    const nextLine = step(image, i32.shl(rowStep, int(1)));
    return transform(f, R, walk, nextLine, (pixels) => [
      [set(row, pixels), d.map(readRow)],
      four.flatMap((i) => four.map((j) => spread(d.map((own) => own[j]!))[i]!)),
    ]);
  });
}

/**
 * Transform lines of 2 × 2 places: A y Aᵀ, the adjoint of `defineTransformProducts`. Parameters as `defineTransformTiles`.
 */
export function defineTransformPlaces(module: Module, name: string, R: number): Func {
  return module.define(name, integers(10), (f, lines, groups, channels, image, rowStep, ...rest) => {
    const [planeStep, target, panelStep, channelStep, productStep] = rest as Five;
    const row = f.local();
    const [left, right] = f.many(2, V128);
    const pair = [0, 1].map(() => f.many(4, V128));
    const zero = f32x4.constant(0);
    /** A times a pair. */
    const widen = (p: Local, q: Local) => [p, add(p, q), sub(p, q), sub(zero, q)];
    const readRow = (own: readonly Local[]) => [
      set(left, v128.load(row)),
      set(right, v128.load(row, 16)),
      set(own[0]!, v128.shuffle32(left, right, [0, 2, 4, 6])),
      set(own[3]!, v128.shuffle32(left, right, [1, 3, 5, 7])),
      widen(own[0]!, own[3]!)
        .map((value, j) => set(own[j]!, value))
        .slice(1),
      step(row, rowStep),
    ];
    const walk = { lines, groups, channels, image, planeStep, target, panelStep, channelStep, productStep };
    const nextLine = step(image, i32.shl(rowStep, int(1)));
    return transform(f, R, walk, nextLine, (pixels) => [
      [set(row, pixels), pair.map(readRow)],
      four.flatMap((i) => four.map((j) => widen(pair[0]![j]!, pair[1]![j]!)[i]!)),
    ]);
  });
}

/**
 * Lines of places from products: y = Aᵀ M A + bias.
 *
 * Parameters: lines, groups of four tiles in each, channels, address of M[product][channel][tile], bytes from channel to
 * channel and from product to product, address of the biases, address of the first place in the first plane, rows from there
 * to the plane's end, places in a row, bytes from plane to plane.
 */
export function defineTransformProducts(module: Module, name: string): Func {
  return module.define(name, integers(11), (f, lines, groups, channels, M, ...rest) => {
    const [channelStep, productStep, biases, y, height, width, planeStep] = rest as Seven;
    const [index, line, group, left, from, at, bias, to, below, wide] = f.many(10);
    const m = f.many(4, V128);
    const [even, odd] = [f.many(4, V128), f.many(4, V128)];
    const [b, low, high] = f.many(3, V128);
    const storeRow = (target: Local, r: number) => [
      set(m[0]!, add(gather(even)[r]!, b)),
      set(m[1]!, add(gather(odd)[r]!, b)),
      set(low, v128.shuffle32(m[0]!, m[1]!, [0, 4, 1, 5])),
      set(high, v128.shuffle32(m[0]!, m[1]!, [2, 6, 3, 7])),
      when(
        i32.greater(wide, int(3)),
        [
          v128.store(target, low),
          when(
            i32.greater(wide, int(7)),
            v128.store(target, high, 16),
            storeTail(f32x4, i32.add(target, int(16)), high, wide),
          ),
        ],
        storeTail(f32x4, target, low, wide),
      ),
    ];
    const body = [
      set(from, i32.add(M, i32.shl(index, int(4)))),
      set(to, i32.add(y, i32.shl(group, int(5)))),
      set(wide, i32.sub(width, i32.shl(group, int(3)))),
      set(bias, biases),
      set(left, channels),
      times(
        left,
        set(at, from),
        four.map((i) => [
          m.map((vector) => [set(vector, v128.load(at)), step(at, productStep)]),
          set(even[i]!, gather(m)[0]!),
          set(odd[i]!, gather(m)[1]!),
        ]),
        set(b, f32x4.loadSplat(bias)),
        storeRow(to, 0),
        when(i32.greater(height, int(1)), [set(below, i32.add(to, i32.shl(width, int(2)))), storeRow(below, 1)]),
        step(bias, int(4)),
        step(from, channelStep),
        step(to, planeStep),
      ),
    ];
    const next = [step(y, i32.shl(width, int(3))), step(height, int(-2))];
    return eachGroup(index, line, lines, group, groups, body, next);
  });
}
