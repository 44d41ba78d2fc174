/** Kernels that move and count elements: copy, cast, concat, gather, scatterAdd, countNonFinite. */

import { type Operand, sizeOf } from "@kronograd/tensor";
import { Module } from "../assembler.ts";
import { defineCopyRows, defineCountNonFinite, defineGather, defineScatterAdd } from "../emit/scan.ts";
import type { Kernels, Kit } from "../kit.ts";
import { f32x4, f64x2 } from "../lanes.ts";
import { addressOf, lazy } from "../runtime.ts";

const bytesOf = ({ dtype }: Operand) => (dtype === "float64" ? 8 : 4);

export function moveKernels(kit: Kit): Kernels {
  const code = lazy(() => {
    const module = new Module();
    defineGather(module, "gather");
    defineCopyRows(module, "rows");
    for (const lanes of [f32x4, f64x2]) {
      defineScatterAdd(module, `scatterAdd ${lanes.name}`, lanes);
      defineCountNonFinite(module, `nonFinite ${lanes.name}`, lanes);
    }
    return kit.link<string>(module);
  });
  const suffix = ({ dtype }: Operand) => (dtype === "float32" ? "f32" : dtype === "float64" ? "f64" : null);
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

    gather([out], [x, indices]) {
      const chosen = kit.dense(indices!);
      if (!allBelow(chosen, x!.shape[0]!)) return false; // the reference says which
      const bytes = sizeOf(x!.shape.slice(1)) * bytesOf(x!);
      const table = addressOf(kit.dense(x!));
      code().gather!(sizeOf(chosen.shape), bytes, table, addressOf(chosen), addressOf(out!));
      return true;
    },

    scatterAdd([out], [values, indices], { rows }: { rows: number }) {
      const name = suffix(out!);
      const chosen = kit.dense(indices!);
      if (name === null || !allBelow(chosen, rows)) return false;
      const n = sizeOf(out!.shape.slice(1));
      const from = addressOf(kit.dense(values!));
      const bytes = sizeOf(out!.shape) * bytesOf(out!);
      code()[`scatterAdd ${name}`]!(sizeOf(chosen.shape), n, from, addressOf(chosen), addressOf(out!), bytes);
      return true;
    },

    countNonFinite([out], inputs) {
      let count = 0;
      for (const input of inputs) {
        const name = suffix(input);
        if (name !== null) count += code()[`nonFinite ${name}`]!(sizeOf(input.shape), addressOf(kit.dense(input)));
      }
      kit.values(out!)[0] = count;
      return true;
    },
  };
}
