/** Images on larger planes of zeros, made by the thread that reads them in memory of its own. */

import type { Operand, Pair } from "@kronograd/tensor";
import type { Four } from "@kronograd/tensor/kernel";
import { addressOf, type Fork } from "../../engine/runtime.ts";
import type { Kit } from "../../kit.ts";
import { type Callee, ownMemory } from "../../threads/board.ts";
import type { Call } from "../../threads/pool.ts";

const bytes = 4;

export const roundUp = (n: number, to: number) => Math.ceil(n / to) * to;

/** Planes of pixels, and where they go in larger planes of zeros. */
export interface Placement {
  /** [N, channels, H, W], row-major. */
  readonly source: Operand;
  /** Size of the larger planes; columns are a multiple of the phases. */
  readonly size: Pair;
  /**
   * Order of the columns there: 0, phases, 2 · phases, …, then 1, phases + 1, …, and so on. So what a window sees at a stride of so
   * many columns lies side by side.
   */
  readonly phases: number;
  /** Where the first pixel goes; negative cuts pixels off. */
  readonly start: Pair;
  /** Distance of pixels there. */
  readonly step: Pair;
}

export type Planes = ReturnType<typeof createPlanes>;

/** @param place  gives the kernel that copies pixels */
export function createPlanes(kit: Kit, place: () => Callee) {
  /** Memory of its own for each thread, in parts of so many floats. */
  const ownFloats = ({ ways, own }: Fork, ...counts: number[]) => {
    const sizes = counts.map((count) => roundUp(count * bytes, 64) + 64); // no cache line is two threads'
    const stride = sizes.reduce((sum, size) => sum + size, 0);
    let at = addressOf(kit.temporary("float32", [(ways * stride) / bytes]));
    return {
      stride,
      addresses: sizes.map((size) => {
        at += size;
        return own(at - size);
      }),
    };
  };

  const isItself = ({ source, size, phases, start, step }: Placement) =>
    phases === 1 && [0, 1].every((i) => size[i] === source.shape[2 + i] && start[i] === 0 && step[i] === 1);

  /** Floats of the larger planes that a thread needs; none where they are equal. */
  const planeFloats = (x: Placement, channels = x.source.shape[1]!) =>
    isItself(x) ? 0 : channels * x.size[0] * x.size[1];

  /** Copies between an image and its larger planes: offsets and steps in bytes on either side, one copy for each phase. */
  const copiesOf = ({ source, size, phases, start, step }: Placement) => {
    const [, , h, w] = source.shape as unknown as Four;
    /** Pixels that get a place there: each `every`-th, from the first whose place there is `phase` modulo `every`. */
    const along = (axis: 0 | 1, count: number, every = 1, phase = 0) => {
      const end = Math.min(count, Math.ceil((size[axis] - start[axis]) / step[axis]));
      let first = Math.max(0, Math.ceil(-start[axis] / step[axis]));
      while ((start[axis] + first) % every !== phase) first++;
      const to =
        every === 1 ? start[axis] + first * step[axis] : (phase * size[axis] + start[axis] + first - phase) / every;
      return { first, count: Math.max(0, Math.ceil((end - first) / every)), to };
    };
    const rows = along(0, h);
    return Array.from({ length: phases }, (_, phase) => {
      const columns = along(1, w, phases, phase);
      return {
        rows: rows.count,
        columns: columns.count,
        from: (rows.first * w + columns.first) * bytes,
        fromSteps: [h * w * bytes, w * bytes, phases * bytes] as const,
        to: (rows.to * size[1] + columns.to) * bytes,
        toSteps: [size[0] * size[1] * bytes, step[0] * size[1] * bytes, step[1] * bytes] as const,
      };
    });
  };

  const addressIn = ({ source }: Placement, image: number, channel: number) => {
    const [, channels, h, w] = source.shape as unknown as Four;
    return addressOf(source) + (image * channels + channel) * h * w * bytes;
  };

  /**
   * A function that gives the address of the larger planes of image n, from channel `first` on: the source itself where they
   * are equal, else `planes`, which the same thread has cleared once, as every image covers the same pixels.
   */
  const placed = (
    x: Placement,
    planes: number,
  ): ((call: Call, image: number, first: number, count: number) => number) => {
    if (isItself(x)) return (_, image, first) => addressIn(x, image, first);
    const copies = copiesOf(x);
    const copy = place();
    return (call, image, first, count) => {
      const source = addressIn(x, image, first);
      for (const { rows, columns, from, fromSteps, to, toSteps } of copies)
        call(copy, count, rows, columns, source + from, ...fromSteps, planes + to, ...toSteps);
      return planes;
    };
  };

  /** The way back: a function that copies an image out of its larger planes. */
  const takenBack = (x: Placement, planes: number): ((call: Call, image: number) => void) => {
    const copies = copiesOf(x);
    const copy = place();
    return (call, image) => {
      const source = addressIn(x, image, 0);
      for (const { rows, columns, from, fromSteps, to, toSteps } of copies)
        call(copy, x.source.shape[1]!, rows, columns, planes + to, ...toSteps, source + from, ...fromSteps);
    };
  };

  /** Zeros in every thread's part of an address that `own` gave. */
  const clearOwn = (ways: number, address: number, count: number, stride: number) => {
    const first = address >= ownMemory ? address - ownMemory : address;
    for (let thread = 0; thread < ways; thread++) kit.clear(first + thread * stride, count * bytes);
  };

  return { ownFloats, planeFloats, placed, takenBack, clearOwn };
}
