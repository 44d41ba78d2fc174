/** Pooling windows over planes [H, W] of float32, and their transposes. */

import {
  type Code,
  double,
  F32,
  F64,
  type Func,
  fillBytes,
  I32,
  i32,
  instruction,
  int,
  integers,
  type Local,
  least,
  loopWhile,
  type Module,
  most,
  range,
  select,
  set,
  step,
  type Tuple,
  when,
} from "../assembler.ts";
import { f32x4 } from "../lanes.ts";
import { promoted, rounded } from "./vectors.ts";

const { load, store, add, div } = f32x4.scalar;
const isEqual = instruction(0x5b);
const isGreater = instruction(0x5e);
const fromInt = instruction(0xb2);
const addDouble = instruction(0xa0);
const divDouble = instruction(0xa3);
const doubleFromInt = instruction(0xb7);

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

/** Loops over windows, row-major; `images` moves from plane to plane. */
function overWindows(f: Func, p: WindowLocals, images: Local, body: (window: Window) => Code): Code {
  const [planes, h, w, oh, ow, kh, kw, sy, sx, py, px] = p;
  const [i, j, top, bottom, left, right] = f.many(6);
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
  return loopWhile(
    planes,
    range(
      i,
      int(0),
      oh,
      int(1),
      set(top, i32.sub(i32.mul(i, sy), py)),
      set(bottom, least(i32.add(top, kh), h)),
      set(top, most(top, int(0))),
      range(
        j,
        int(0),
        ow,
        int(1),
        set(left, i32.sub(i32.mul(j, sx), px)),
        set(right, least(i32.add(left, kw), w)),
        set(left, most(left, int(0))),
        body(window),
      ),
    ),
    step(images, i32.shl(i32.mul(h, w), int(2))),
    step(planes, int(-1)),
  );
}

/** Further parameters: images, targets of values and of int32 places in the plane. NaN wins, then the first largest. */
export function defineMaxPool(module: Module, name: string): Func {
  return module.define(name, [...windowParameters, I32, I32, I32], (f, ...p) => {
    const [images, values, indices] = p.slice(11) as [Local, Local, Local];
    const [row, column, where] = f.many(3);
    const [best, value] = f.many(2, F32);
    const isNew = i32.or(isGreater(value, best), i32.and(i32.isZero(isEqual(value, value)), isEqual(best, best)));
    return overWindows(f, p, images, ({ top, left, width, pixel, each }) => [
      set(best, load(pixel(top, left))),
      set(where, i32.add(i32.mul(top, width), left)),
      each(
        row,
        column,
        set(value, load(pixel(row, column))),
        when(isNew, [set(best, value), set(where, i32.add(i32.mul(row, width), column))]),
      ),
      store(values, best),
      i32.store(indices, where),
      step(values, int(4)),
      step(indices, int(4)),
    ]);
  });
}

/** Further parameters: whether padding counts, images, target. */
export function defineAvgPool(module: Module, name: string): Func {
  return module.define(name, [...windowParameters, I32, I32, I32], (f, ...p) => {
    const [countsPadding, images, out] = p.slice(11) as [Local, Local, Local];
    const [row, column, count] = f.many(3);
    const total = f.local(F64);
    return overWindows(f, p, images, (window) => [
      set(total, double(0)),
      window.each(row, column, set(total, addDouble(total, promoted(f32x4, load(window.pixel(row, column)))))),
      set(count, pixelCount(p, countsPadding, window)),
      store(out, rounded(f32x4, divDouble(total, doubleFromInt(count)))),
      step(out, int(4)),
    ]);
  });
}

/** The transpose. Further parameters: whether padding counts, images (cleared by the caller), cotangents. */
export function defineAvgPoolGrad(module: Module, name: string): Func {
  return module.define(name, [...windowParameters, I32, I32, I32], (f, ...p) => {
    const [countsPadding, images, grad] = p.slice(11) as [Local, Local, Local];
    const [row, column] = f.many(2);
    const share = f.local(F32);
    return overWindows(f, p, images, (window) => {
      const at = window.pixel(row, column);
      return [
        set(share, div(load(grad), fromInt(pixelCount(p, countsPadding, window)))),
        window.each(row, column, store(at, add(load(at), share))),
        step(grad, int(4)),
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
    [I32, I32, I32, I32, I32, I32],
    (f, planes, size, places, images, values, indices) => {
      const [i, index, pixel, outside] = f.many(4);
      return [
        clears ? fillBytes(images, int(0), i32.shl(i32.mul(planes, size), int(2))) : [],
        loopWhile(
          planes,
          range(
            i,
            int(0),
            places,
            int(1),
            set(index, i32.load(indices)),
            set(pixel, i32.add(images, i32.shl(index, int(2)))),
            when(isOutside(index, size), step(outside, int(1)), move(pixel, values)),
            step(values, int(4)),
            step(indices, int(4)),
          ),
          step(images, i32.shl(size, int(2))),
          step(planes, int(-1)),
        ),
        outside,
      ];
    },
    I32,
  );
}
