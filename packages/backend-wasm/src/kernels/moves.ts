/** Kernels that move elements: copy, cast, concat, sliceGrad, gather, scatterAdd. */

import { type Operand, sizeOf, stridesOf } from "@kronograd/tensor";
import { offsetsOf } from "@kronograd/tensor/kernel";
import { byFloat } from "../dtype.ts";
import { definePlace } from "../emit/place.ts";
import { defineCopyRows, defineGather, defineScatterAdd } from "../emit/rows.ts";
import { f32x4, f64x2 } from "../engine/lanes.ts";
import { addressOf, bytesOf, inShares } from "../engine/runtime.ts";
import type { Kernels, Kit } from "../kit.ts";
import { runReference } from "../reference.ts";

/** First place and step on each axis. */
interface Grid {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  /** Of all elements outside of the grid. */
  readonly value: number;
}

/** Kernels of copy, cast, concat, sliceGrad, gather and scatterAdd. */
export function moveKernels(kit: Kit): Kernels {
  const code = kit.code<string>((module) => {
    defineGather(module, "gather");
    defineCopyRows(module, "rows");
    for (const lanes of [f32x4, f64x2]) {
      definePlace(module, `place ${lanes.name}`, lanes);
      defineScatterAdd(module, `scatterAdd ${lanes.name}`, lanes);
    }
  });
  const suffix = byFloat("f32", "f64");
  const allBelow = (indices: Operand, count: number) =>
    kit.values(indices).every((index: number) => index >= 0 && index < count);

  return {
    copy([out], [x]) {
      kit.copy(out!, x!);
      return true;
    },

    /** The host's conversion between typed arrays: fractions are dropped, what does not fit int32 wraps. */
    cast([out], [x]) {
      kit.values(out!).set(kit.values(kit.dense(x!)));
      return true;
    },

    concat([out], inputs, { axis }: { axis: number }) {
      if (inputs.some(({ dtype }) => dtype !== out!.dtype)) return false; // integers that join floats
      const rows = sizeOf(out!.shape.slice(0, axis));
      const whole = sizeOf(out!.shape.slice(axis)) * bytesOf(out!);
      let to = addressOf(out!);
      for (const input of inputs) {
        const bytes = sizeOf(input.shape.slice(axis)) * bytesOf(input);
        code().rows!(rows, bytes, addressOf(kit.dense(input)), bytes, to, whole);
        to += bytes;
      }
      return true;
    },

    /**
     * Into a grid of a larger array: three axes at a time, the innermost by its own step. Whole slices of the first axis are
     * pieces, of which each is cleared by the thread that fills it.
     */
    sliceGrad([out], [x], { starts, steps, value }: Grid) {
      const [bytes, lanes] = [bytesOf(out!), out!.dtype === "float64" ? "f64" : "f32"];
      const source = kit.dense(x!);
      const own = stridesOf(out!.shape);
      const to = own.map((stride, axis) => stride * steps[axis]! * bytes);
      const start = starts.reduce((sum, first, axis) => sum + first * own[axis]! * bytes, addressOf(out!));
      const isWhole = own.length > 2 && source.shape[0] === out!.shape[0] && steps[0] === 1;
      const slices = isWhole ? out!.shape[0]! : 1;
      const [shape, target] = isWhole ? [source.shape.slice(1), to.slice(1)] : [source.shape, to];
      const [planes, rows, columns] = [shape.at(-3) ?? 1, shape.at(-2) ?? 1, shape.at(-1) ?? 1];
      const toSteps = [target.at(-3) ?? 0, target.at(-2) ?? 0, target.at(-1) ?? bytes] as const;
      const offsets = offsetsOf(shape.slice(0, -3), target);
      const [fromSlice, toSlice] = [source, out!].map((whole) => (sizeOf(whole.shape) / slices) * bytes);
      if (value !== 0) kit.values(out!).fill(value);
      const [clear, place] = [kit.clearing(), code()[`place ${lanes}`]!];
      inShares(kit.fork(4 * sizeOf(out!.shape)), slices, (first, count, call) => {
        if (value === 0) call(clear, addressOf(out!) + first * toSlice!, count * toSlice!);
        for (let i = first; i < first + count; i++)
          offsets.forEach((offset, k) => {
            const from = addressOf(source) + i * fromSlice! + k * planes * rows * columns * bytes;
            const fromSteps = [rows * columns * bytes, columns * bytes, bytes] as const;
            call(place, planes, rows, columns, from, ...fromSteps, start + i * toSlice! + offset, ...toSteps);
          });
      });
      return true;
    },

    gather([out], [x, indices], params, op) {
      const chosen = kit.dense(indices!);
      if (!allBelow(chosen, x!.shape[0]!)) {
        return runReference(kit, op, [out!], [x!, indices!], params);
      }
      const bytes = sizeOf(x!.shape.slice(1)) * bytesOf(x!);
      const table = addressOf(kit.dense(x!));
      code().gather!(sizeOf(chosen.shape), bytes, table, addressOf(chosen), addressOf(out!));
      return true;
    },

    scatterAdd([out], [values, indices], params: { rows: number }, op) {
      const name = suffix(out!.dtype);
      if (name === null) return false;
      const chosen = kit.dense(indices!);
      if (!allBelow(chosen, params.rows)) {
        return runReference(kit, op, [out!], [values!, indices!], params);
      }
      const n = sizeOf(out!.shape.slice(1));
      const from = addressOf(kit.dense(values!));
      const bytes = sizeOf(out!.shape) * bytesOf(out!);
      code()[`scatterAdd ${name}`]!(sizeOf(chosen.shape), n, from, addressOf(chosen), addressOf(out!), bytes);
      return true;
    },
  };
}
