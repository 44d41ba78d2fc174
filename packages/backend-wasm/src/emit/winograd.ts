/**
 * The transforms of Winograd's convolutions F(m × m, r × r), which make m × m places out of a tile of α × α pixels, α = m + r − 1,
 * by α² products where the window takes m²r²:
 *
 *     Y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A
 *
 * It is multiplication of polynomials, in one direction and then in the other: values at the points 0, ±p, … and ∞ are
 * multiplied and interpolated. A pair of points ±p shares its even and its odd half. Summed over channels, the α² products are α²
 * matrix products [out, in] [in, tiles]. Four tiles are four lanes: four of a row, or two of each of two rows.
 *
 * Source: Lavin & Gray (2016), "Fast algorithms for convolutional neural networks", §4.1; with the points free, Vincent et al.
 * (2017), "On improving the numerical stability of Winograd convolutions", §2.
 */

import {
  type Code,
  type Func,
  i32,
  int,
  integers,
  type Local,
  type Module,
  select,
  set,
  step,
  times,
  upTo,
  V128,
  when,
} from "../engine/assembler.ts";
import { f32x4, multiplyAdd, storeTail, v128 } from "../engine/lanes.ts";
import { transposed } from "./transpose.ts";

/** F(m × m, r × r). */
export interface Scheme {
  /** m: places of a tile in each direction, 2 or 4. */
  readonly places: 2 | 4;
  /** r: taps of the window in each direction. */
  readonly window: number;
  /** The positive ones of the points ±p; (m + r − 3) / 2 of them. */
  readonly points: readonly number[];
}

/** α: pixels of a tile in each direction. */
export const tileWidth = ({ places, window }: Scheme): number => places + window - 1;

/** Matrices of a transformed tile. */
export const productsOf = (scheme: Scheme): number => tileWidth(scheme) ** 2;

/** Coefficients of ∏ (x² − p²) in powers of x², ascending. */
const polynomial = (points: readonly number[]): number[] =>
  points.reduce((c, p) => c.concat(0).map((ck, k) => (c[k - 1] ?? 0) - p * p * ck), [1]);

const others = (points: readonly number[], p: number) => points.filter((q) => q !== p);

/** G [α, r]: a window's polynomial at the points, each over ∏ of the distances to the others. */
function windowMatrix({ window, points }: Scheme): number[][] {
  const powers = (p: number, over: number) => Array.from({ length: window }, (_, k) => p ** k / over);
  const distances = (p: number) => others(points, p).reduce((product, q) => product * (p * p - q * q), 2 * p * p);
  return [
    powers(0, polynomial(points)[0]!),
    ...points.flatMap((p) => [powers(p, distances(p)), powers(-p, distances(p))]),
    Array.from({ length: window }, (_, k) => Number(k === window - 1)),
  ];
}

/** (G ⊗ G)ᵀ row-major, [r², α²]: the weights' transform is a product with it. Products are counted column by column. */
export function weightTransform(scheme: Scheme): Float32Array {
  const G = windowMatrix(scheme);
  const [r, alpha] = [scheme.window, tileWidth(scheme)];
  return Float32Array.from({ length: (r * alpha) ** 2 }, (_, i) => {
    const [tap, product] = [Math.floor(i / alpha ** 2), i % alpha ** 2];
    return G[product % alpha]![Math.floor(tap / r)]! * G[Math.floor(product / alpha)]![tap % r]!;
  });
}

/** The one-dimensional transforms, of columns in locals. */
function transforms(f: Func, { places, points }: Scheme, fused: boolean) {
  const madd = multiplyAdd(f32x4, fused);
  const [even, odd] = f.many(2, V128);
  /** sum + c x */
  const plus = (sum: Code, c: number, x: Code): Code => {
    if (c === 1) return f32x4.add(sum, x);
    return c === -1 ? f32x4.sub(sum, x) : madd(f32x4.constant(c), x, sum);
  };
  /** Σ c[k] x[from + 2k], with the last coefficient 1. */
  const polynomialOf = (c: readonly number[], x: readonly Local[], from: number) =>
    c.slice(0, -1).reduceRight<Code>((sum, ck, k) => plus(sum, ck, x[from + 2 * k]!), x[from + 2 * c.length - 2]!);
  /** Σ of p^i y[i] over i = from, from + 2, … */
  const powersOf = (p: number, y: readonly Local[], from: number) =>
    y.reduce<Code>((sum, yi, i) => (i <= from || i % 2 !== from ? sum : plus(sum, p ** (i - from), yi)), y[from]!);
  const bothSides = (p: number, sink: Sink) => [sink(plus(even, p, odd)), sink(plus(even, -p, odd))];
  return {
    /** Bᵀ d: a tile's column at all points. */
    spread: (d: readonly Local[], sink: Sink): Code => {
      const all = polynomial(points);
      return [
        sink(polynomialOf(all, d, 0)),
        points.map((p) => {
          const rest = polynomial(others(points, p));
          return [set(even, polynomialOf(rest, d, 2)), set(odd, polynomialOf(rest, d, 1)), bothSides(p, sink)];
        }),
        sink(polynomialOf(all, d, 1)),
      ];
    },
    /** A y: a column of places at all points. */
    widen: (y: readonly Local[], sink: Sink): Code => [
      sink(y[0]!),
      points.map((p) => [set(even, powersOf(p, y, 0)), set(odd, powersOf(p, y, 1)), bothSides(p, sink)]),
      sink(y[places - 1]!),
    ],
    /** Aᵀ m: places of a column from its products; changes m. */
    gather: (m: readonly Local[], sink: Sink): Code => {
      const pairs = points.map((_, k) => [m[2 * k + 1]!, m[2 * k + 2]!] as const);
      const place = (i: number) => {
        const sums = pairs.map((pair) => pair[i % 2]!);
        const inner = i === 0 ? [m[0]!] : i === places - 1 ? [m.at(-1)!] : [];
        const terms = [...inner.map((x) => [1, x] as const), ...sums.map((x, k) => [points[k]! ** i, x] as const)];
        const [[c, x], ...rest] = terms as [readonly [number, Local], ...(readonly [number, Local])[]];
        const first = c === 1 ? x : f32x4.mul(f32x4.constant(c), x);
        return rest.reduce<Code>((sum, [ck, xk]) => plus(sum, ck, xk), first);
      };
      return [
        pairs.map(([a, b]) => [set(even, f32x4.add(a, b)), set(b, f32x4.sub(a, b)), set(a, even)]),
        Array.from({ length: places }, (_, i) => sink(place(i))),
      ];
    },
  };
}

/** What is done with values, one after the other. */
type Sink = (value: Code) => Code;

/** A sink that sets locals in turn. */
function into(locals: readonly Local[]): Sink {
  let i = 0;
  return (value) => set(locals[i++]!, value);
}

/** Where tiles lie: lines of groups of four, which are in one row, or (`tall` = 1) two in each of two rows. */
interface Grid {
  readonly lines: Local;
  /** Groups in a line. */
  readonly across: Local;
  readonly tall: Local;
  /** Of the next group, which says where its transforms are. */
  readonly index: Local;
}

/** Run `body` for each group of four tiles; `index` counts on. */
function eachGroup({ lines, across, index }: Grid, line: Local, group: Local, body: Code, next: Code): Code {
  return upTo(line, lines, upTo(group, across, body, step(index, int(1))), next);
}

/** Pixels of a group of four tiles, and rows. */
const groupPixels = ({ places }: Scheme, { tall }: Grid): Code => i32.shr(int(4 * places), tall);
const groupRows = ({ places }: Scheme, { tall }: Grid): Code => i32.shl(int(places), tall);

const pixel = 4; // bytes
const inBytes = (pixels: Code) => i32.shl(pixels, int(2));

/** Set columns of four tiles, a row of two of which begins at `row` and of the others at `beside`. */
function readColumns(f: Func, { places }: Scheme, row: Local, beside: Local): (columns: readonly Local[]) => Code {
  const [a, b] = f.many(2, V128);
  const two = (columns: readonly Local[], first: number) => [
    set(a, v128.load(row, first * pixel)),
    set(b, v128.load(beside, first * pixel)),
    set(columns[0]!, v128.shuffle32(a, b, [0, 2, 4, 6])),
    set(columns[1]!, v128.shuffle32(a, b, [1, 3, 5, 7])),
  ];
  const wide = f.many(4, V128);
  const { prepare, columns: turned } = transposed(f, f32x4, wide);
  const four = (columns: readonly Local[], first: number) => [
    [row, row, beside, beside].map((from, i) => set(wide[i]!, v128.load(from, (first + (i % 2) * 4) * pixel))),
    prepare,
    columns.slice(0, 4).map((column, j) => set(column, turned[j]!)),
  ];
  const some = places === 2 ? two : four;
  return (columns) => columns.map((_, j) => (j % places === 0 ? some(columns.slice(j), j) : []));
}

type Five = readonly [Local, Local, Local, Local, Local];
type Six = readonly [...Five, Local];

/**
 * The transform of `size` rows of as many columns, of every group of four tiles and each channel, by `across` (a row) and
 * then by `down` (a column). The α² vectors go to panels of R tiles, `panelStep` apart, and in one of them to channels
 * `channelStep` apart: R floats makes it the right factor of a product.
 */
function defineTransform(
  module: Module,
  name: string,
  scheme: Scheme,
  R: number,
  size: number,
  transformsOf: (f: Func) => (column: readonly Local[], sink: Sink) => Code,
): Func {
  return module.define(name, integers(12), (f, lines, across, tall, index, channels, image, rowStep, ...rest) => {
    const [planeStep, target, panelStep, channelStep, productStep] = rest as Five;
    const grid = { lines, across, tall, index };
    const apply = transformsOf(f);
    const [line, group, left, pixels, to, out, row, beside, second] = f.many(9);
    const alpha = tileWidth(scheme);
    const read = readColumns(f, scheme, row, beside);
    const loaded = f.many(size, V128);
    const rows = loaded.map(() => f.many(alpha, V128));
    const perPanel = R / 4;
    const panel = i32.mul(i32.shr(index, int(Math.log2(perPanel))), panelStep);
    const body = [
      set(to, i32.add(target, i32.add(panel, i32.shl(i32.and(index, int(perPanel - 1)), int(4))))),
      set(pixels, i32.add(image, inBytes(i32.mul(group, groupPixels(scheme, grid))))),
      set(left, channels),
      times(
        left,
        set(row, pixels),
        set(beside, i32.add(pixels, second)),
        rows.map((own) => [read(loaded), apply(loaded, into(own)), step(row, rowStep), step(beside, rowStep)]),
        set(out, to),
        Array.from({ length: alpha }, (_, j) =>
          apply(
            rows.map((own) => own[j]!),
            (value) => [v128.store(out, value), step(out, productStep)],
          ),
        ),
        step(pixels, planeStep),
        step(to, channelStep),
      ),
    ];
    const next = step(image, i32.mul(rowStep, groupRows(scheme, grid)));
    return [
      set(second, select(tall, i32.mul(rowStep, int(scheme.places)), int(2 * scheme.places * pixel))),
      eachGroup(grid, line, group, body, next),
    ];
  });
}

/**
 * Transform tiles of α × α pixels, which overlap: Bᵀ d B.
 *
 * Parameters: lines, groups of four tiles in each, whether a group has two rows, index of the first group, channels, address of
 * the first pixel in the first plane, bytes from row to row and from plane to plane, target, bytes from panel to panel, from
 * channel to channel and from product to product.
 */
export function defineTransformTiles(module: Module, name: string, scheme: Scheme, R: number, fused: boolean): Func {
  return defineTransform(module, name, scheme, R, tileWidth(scheme), (f) => transforms(f, scheme, fused).spread);
}

/** Transform m × m places: A y Aᵀ, the adjoint of `defineTransformProducts`. Parameters as `defineTransformTiles`. */
export function defineTransformPlaces(module: Module, name: string, scheme: Scheme, R: number, fused: boolean): Func {
  return defineTransform(module, name, scheme, R, scheme.places, (f) => transforms(f, scheme, fused).widen);
}

/**
 * Places from products: y = Aᵀ M A + bias.
 *
 * Parameters: lines, groups of four tiles in each, whether a group has two rows, index of the first group, channels, address of
 * M[product][channel][tile], bytes from channel to channel and from product to product, address of the biases, address of the
 * first place in the first plane, rows from there to the plane's end, places in a row, bytes from plane to plane.
 */
export function defineTransformProducts(module: Module, name: string, scheme: Scheme, fused: boolean): Func {
  return module.define(name, integers(13), (f, lines, across, tall, index, channels, M, channelStep, ...rest) => {
    const [productStep, biases, y, height, width, planeStep] = rest as Six;
    const grid = { lines, across, tall, index };
    const { places } = scheme;
    const { gather } = transforms(f, scheme, fused);
    const [line, group, left, from, at, bias, to, target, second] = f.many(9);
    const m = f.many(tileWidth(scheme), V128);
    const rows = Array.from({ length: places }, () => f.many(tileWidth(scheme), V128));
    const b = f.local(V128);
    const row = f.many(places, V128);
    const vectors = f.many(places, V128);
    const { prepare, columns } = transposed(f, f32x4, row);
    const inOrder = places === 2 ? [columns[0]!, columns[2]!] : columns;
    /** Of two tiles: the places in a row and the rows that the plane has from them on. */
    const halves = [0, 1].map(() => f.many(2));
    /** Store row r of two tiles. */
    const store = (r: number, half: number) => {
      const [wide, high] = halves[half] as [Local, Local];
      const own = vectors.slice((half * places) / 2, ((half + 1) * places) / 2);
      const from = (v: number): Code =>
        v === own.length
          ? []
          : when(
              i32.greater(wide, int(4 * v + 3)),
              [v128.store(target, own[v]!, 16 * v), from(v + 1)],
              when(i32.greater(wide, int(4 * v)), storeTail(f32x4, i32.add(target, int(16 * v)), own[v]!, wide)),
            );
      return when(i32.greater(high, int(r)), from(0));
    };
    const body = [
      set(from, i32.add(M, i32.shl(index, int(4)))),
      set(to, i32.add(y, inBytes(i32.mul(group, groupPixels(scheme, grid))))),
      halves.map(([wide, high], half) => [
        set(wide!, i32.sub(width, i32.mul(group, groupPixels(scheme, grid)))),
        set(high!, height),
        half === 0 ? [] : when(tall, step(high!, int(-places)), step(wide!, int(-2 * places))),
      ]),
      set(bias, biases),
      set(left, channels),
      times(
        left,
        set(at, from),
        m.map((_, j) => [
          m.map((vector) => [set(vector, v128.load(at)), step(at, productStep)]),
          gather(m, into(rows.map((own) => own[j]!))),
        ]),
        set(b, f32x4.loadSplat(bias)),
        rows.map((own, r) => {
          const placed = into(row);
          return [
            gather(own, (value) => placed(f32x4.add(value, b))),
            prepare,
            inOrder.map((vector, v) => set(vectors[v]!, vector)),
            set(target, i32.add(to, i32.mul(width, int(r * pixel)))),
            store(r, 0),
            step(target, second),
            store(r, 1),
          ];
        }),
        step(bias, int(4)),
        step(from, channelStep),
        step(to, planeStep),
      ),
    ];
    const next = [
      step(y, inBytes(i32.mul(width, groupRows(scheme, grid)))),
      set(height, i32.sub(height, groupRows(scheme, grid))),
    ];
    return [
      set(second, inBytes(select(tall, i32.mul(width, int(places)), int(2 * places)))),
      eachGroup(grid, line, group, body, next),
    ];
  });
}
