/**
 * Pooling windows over planes [H, W] of float32, and their transposes.
 *
 * Four neighbouring windows that need no padding at their sides are one vector: the same pixel of each, `stride` apart. Other
 * windows go one by one. Which pixel is the largest cannot be foretold, so nothing branches on it.
 */

import {
  type Code,
  constant,
  F32,
  type Func,
  fillBytes,
  float,
  I32,
  i32,
  instruction,
  int,
  integers,
  type Local,
  least,
  type Module,
  most,
  range,
  select,
  set,
  step,
  type Tuple,
  times,
  upTo,
  V128,
  when,
} from "../engine/assembler.ts";
import { f32x4, i32x4, v128 } from "../engine/lanes.ts";

const { load, store, add, div } = f32x4.scalar;
const isEqual = instruction(0x5b);
const isGreaterEqual = instruction(0x60);
const fromInt = instruction(0xb2);

/** Parameters that all functions of windows start with: planes, H, W, oh, ow, kernel, stride and padding, vertical first. */
const windowParameters = integers(11);

/** Those parameters, and any that follow. */
type WindowLocals = readonly [...Tuple<Local, 11>, ...Local[]];

interface Window {
  /** Real pixels: rows top … bottom − 1, columns left … right − 1. */
  readonly top: Local;
  readonly bottom: Local;
  readonly left: Local;
  readonly right: Local;
  /** Address of the plane [H, W]. */
  readonly plane: Local;
  readonly width: Local;
  /** Address of pixel (row, column), and the loops over all real ones. */
  pixel(row: Code, column: Code): Code;
  each(row: Local, column: Local, ...body: Code[]): Code;
}

/** Four windows side by side. */
interface Four extends Window {
  /** The windows' places in the plane (int32) of the pixel that is read. */
  readonly places: Local;
  /** Read the windows' first pixels into a vector. */
  first(vector: Local): Code;
  /** Read pixel after pixel. */
  eachPixel(vector: Local, body: Code): Code;
}

/**
 * Loops over windows, row-major; `images` moves from plane to plane, and `results`, of four bytes a window, along. `four`,
 * where given, does four at once where it can; a row's last four may meet windows that were done before.
 */
function overWindows(
  f: Func,
  p: WindowLocals,
  images: Local,
  results: readonly Local[],
  body: (window: Window) => Code,
  four?: (windows: Four) => Code,
): Code {
  const [planes, h, w, oh, ow, kh, kw, sy, sx, py, px] = p;
  const [i, j, top, bottom, left, right, again, start] = f.many(8);
  const pixel = (row: Code, column: Code) => i32.add(images, i32.shl(i32.add(i32.mul(row, w), column), int(2)));
  const window: Window = {
    top,
    bottom,
    left,
    right,
    plane: images,
    width: w,
    pixel,
    each: (row, column, ...inner) => range(row, top, bottom, int(1), range(column, left, right, int(1), ...inner)),
  };
  const moveOn = (windows: Code) => results.map((result) => step(result, i32.shl(windows, int(2))));
  const single = [set(right, least(i32.add(left, kw), w)), set(left, most(left, int(0))), body(window), moveOn(int(1))];
  const areInside = i32.and(
    i32.and(i32.greaterEqual(start, int(0)), i32.greaterEqual(j, again)),
    i32.greaterEqual(w, i32.add(start, i32.add(kw, i32.mul(sx, int(3))))),
  );
  const severalOrOne = (several: (windows: Four) => Code) => [
    set(again, most(i32.sub(i32.add(j, int(4)), ow), int(0))),
    set(start, i32.sub(left, i32.mul(again, sx))),
    when(
      areInside,
      [
        set(left, start),
        moveOn(i32.sub(int(0), again)),
        several(fourOf(f, p, window)),
        moveOn(int(4)),
        step(j, i32.sub(int(3), again)),
      ],
      single,
    ),
  ];
  return times(
    planes,
    upTo(
      i,
      oh,
      set(top, i32.sub(i32.mul(i, sy), py)),
      set(bottom, least(i32.add(top, kh), h)),
      set(top, most(top, int(0))),
      upTo(j, ow, set(left, i32.sub(i32.mul(j, sx), px)), four === undefined ? single : severalOrOne(four)),
    ),
    step(images, i32.shl(i32.mul(h, w), int(2))),
  );
}

function fourOf(f: Func, p: WindowLocals, window: Window): Four {
  const { top, bottom, left, width, pixel } = window;
  const [row, column, at] = f.many(3);
  const places = f.local(V128);
  const [kw, sx] = [p[6], p[8]];
  const lane = (k: number) => i32.add(at, i32.mul(sx, int(4 * k)));
  const read = (vector: Local): Code =>
    when(
      i32.equal(sx, int(2)),
      set(vector, v128.shuffle32(v128.load(at), v128.load(at, 16), [0, 2, 4, 6])),
      [0, 1, 2, 3].map((k) => set(vector, v128.load32Lane(lane(k), vector, k))),
    );
  const ramp = i32x4.mul(i32x4.splat(sx), constant(Int32Array.of(0, 1, 2, 3)));
  const start = (from: Local): Code => [
    set(at, pixel(from, left)),
    set(places, i32x4.add(i32x4.splat(i32.add(i32.mul(from, width), left)), ramp)),
  ];
  return {
    ...window,
    places,
    first: (vector) => [start(top), read(vector)],
    eachPixel: (vector, body) =>
      range(
        row,
        top,
        bottom,
        int(1),
        start(row),
        set(column, kw),
        times(column, read(vector), body, step(at, int(4)), set(places, i32x4.add(places, i32x4.constant(1)))),
      ),
  };
}

/** Further parameters: images, targets of values and of int32 places in the plane. NaN wins, then the first largest. */
export function defineMaxPool(module: Module, name: string): Func {
  return module.define(name, [...windowParameters, I32, I32, I32], (f, ...p) => {
    const [images, values, indices] = p.slice(11) as [Local, Local, Local];
    const [row, column, where, isNew] = f.many(4);
    const [best, value] = f.many(2, F32);
    const single = ({ top, left, width, pixel, each }: Window): Code => [
      set(best, load(pixel(top, left))),
      set(where, i32.add(i32.mul(top, width), left)),
      each(
        row,
        column,
        set(value, load(pixel(row, column))),
        set(isNew, i32.and(isEqual(best, best), i32.isZero(isGreaterEqual(best, value)))),
        set(best, select(isNew, value, best)),
        set(where, select(isNew, i32.add(i32.mul(row, width), column), where)),
      ),
      store(values, best),
      i32.store(indices, where),
    ];
    const [bests, found, pixels, areNew] = f.many(4, V128);
    const four = ({ places, first, eachPixel }: Four): Code => [
      first(bests),
      set(found, places),
      eachPixel(pixels, [
        set(areNew, v128.andNot(f32x4.equal(bests, bests), f32x4.greaterEqual(bests, pixels))),
        set(bests, v128.choose(areNew, pixels, bests)),
        set(found, v128.choose(areNew, places, found)),
      ]),
      v128.store(values, bests),
      v128.store(indices, found),
    ];
    return overWindows(f, p, images, [values, indices], single, four);
  });
}

/** Further parameters: whether padding counts, images, target. */
export function defineAvgPool(module: Module, name: string): Func {
  return module.define(name, [...windowParameters, I32, I32, I32], (f, ...p) => {
    const [countsPadding, images, out] = p.slice(11) as [Local, Local, Local];
    const [row, column, count] = f.many(3);
    const total = f.local(F32);
    const [totals, pixels] = f.many(2, V128);
    const single = (window: Window): Code => [
      set(total, float(0)),
      window.each(row, column, set(total, add(total, load(window.pixel(row, column))))),
      set(count, pixelCount(p, countsPadding, window)),
      store(out, div(total, fromInt(count))),
    ];
    const four = (windows: Four): Code => [
      set(totals, f32x4.constant(0)),
      windows.eachPixel(pixels, set(totals, f32x4.add(totals, pixels))),
      set(windows.right, i32.add(windows.left, p[6])),
      v128.store(out, f32x4.div(totals, f32x4.splat(fromInt(pixelCount(p, countsPadding, windows))))),
    ];
    return overWindows(f, p, images, [out], single, four);
  });
}

/** The transpose. Further parameters: whether padding counts, images (cleared by the caller), cotangents. */
export function defineAvgPoolGrad(module: Module, name: string): Func {
  return module.define(name, [...windowParameters, I32, I32, I32], (f, ...p) => {
    const [countsPadding, images, grad] = p.slice(11) as [Local, Local, Local];
    const [row, column] = f.many(2);
    const share = f.local(F32);
    return overWindows(f, p, images, [grad], (window) => {
      const at = window.pixel(row, column);
      return [
        set(share, div(load(grad), fromInt(pixelCount(p, countsPadding, window)))),
        window.each(row, column, store(at, add(load(at), share))),
      ];
    });
  });
}

function pixelCount(p: WindowLocals, countsPadding: Local, { top, bottom, left, right }: Window): Code {
  const real = i32.mul(i32.sub(bottom, top), i32.sub(right, left));
  return select(countsPadding, i32.mul(p[5]!, p[6]!), real);
}

/** Whether an index lies outside its plane; negative ones count as large. */
const isOutside = (index: Local, size: Local) => i32.greaterEqualUnsigned(index, size);

/**
 * Add cotangents to the pixels that indices name. Parameters: planes, pixels of a plane, places of a plane, images, cotangents,
 * indices. The result counts indices outside of their plane, which are passed over.
 */
export function defineMaxPoolGrad(module: Module, name: string): Func {
  return overIndices(module, name, (pixel, place) => store(pixel, add(load(pixel), load(place))), true);
}

/** Read the pixels that indices name; parameters as above, with the target for the cotangents. */
export function defineMaxPoolGather(module: Module, name: string): Func {
  return overIndices(module, name, (pixel, place) => store(place, load(pixel)), false);
}

function overIndices(module: Module, name: string, move: (pixel: Local, place: Local) => Code, clears: boolean): Func {
  return module.define(
    name,
    integers(6),
    (f, planes, size, places, images, values, indices) => {
      const [i, index, pixel, outside] = f.many(4);
      return [
        clears ? fillBytes(images, int(0), i32.shl(i32.mul(planes, size), int(2))) : [],
        times(
          planes,
          upTo(
            i,
            places,
            set(index, i32.load(indices)),
            set(pixel, i32.add(images, i32.shl(index, int(2)))),
            when(isOutside(index, size), step(outside, int(1)), move(pixel, values)),
            step(values, int(4)),
            step(indices, int(4)),
          ),
          step(images, i32.shl(size, int(2))),
        ),
        outside,
      ];
    },
    I32,
  );
}
