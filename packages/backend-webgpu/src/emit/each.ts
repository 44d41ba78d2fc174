/** Programs with one thread for each element: what most kernels that move, pick or pool values are. */

import type { Operand } from "@kronograd/tensor";
import type { Walk } from "@kronograd/tensor/kernel";
import type { Kit, Uniform } from "../kit.ts";
import { mathFunctions } from "./math.ts";
import { walkUniforms } from "./walk.ts";

/** A program over elements. */
export interface Each {
  readonly name: string;
  readonly outputs: readonly Operand[];
  readonly inputs: readonly Operand[];
  /** Threads that do something. */
  readonly size: number;
  /** Walks by prefix; the text calls `walkText` where it wants them. */
  readonly walks?: Readonly<Record<string, Walk>>;
  readonly uniforms?: Readonly<Record<string, Uniform>>;
  /** Statements for the element `i`; offsets are the uniforms `o0`, `o1` … (u32) and `i0`, `i1` … (i32). */
  readonly main: (outputs: readonly string[], inputs: readonly string[]) => string;
}

export function each(kit: Kit, { name, outputs, inputs, size, walks = {}, uniforms = {}, main }: Each): void {
  const all: Record<string, Uniform> = { size: ["u32", size], ...uniforms };
  outputs.forEach(({ offset }, i) => {
    all[`o${i}`] = ["u32", offset];
  });
  inputs.forEach(({ offset }, i) => {
    all[`i${i}`] = ["i32", offset];
  });
  for (const [prefix, walk] of Object.entries(walks)) Object.assign(all, walkUniforms(prefix, walk));
  const ranks = Object.values(walks).map(({ counts }) => counts.length);
  kit.run({
    name: `${name} ${ranks.join()}`,
    outputs,
    inputs,
    uniforms: all,
    groups: Math.ceil(size / 256),
    source: (to, from) => ({
      declarations: mathFunctions,
      main: `let i = linear * 256u + thread;\nif (i >= u.size) { return; }\n${main(to, from)}`,
    }),
  });
}

/** Uniforms of the pairs [vertical, horizontal] of a window. */
export function windowUniforms(pairs: Readonly<Record<string, readonly [number, number]>>): Record<string, Uniform> {
  const uniforms: Record<string, Uniform> = {};
  for (const [name, [y, x]] of Object.entries(pairs)) {
    uniforms[`${name}y`] = ["i32", y];
    uniforms[`${name}x`] = ["i32", x];
  }
  return uniforms;
}

/** The strides of an operand as uniforms `${prefix}0`, `${prefix}1` …. */
export function strideUniforms(prefix: string, { strides }: Operand): Record<string, Uniform> {
  return Object.fromEntries(strides.map((stride, axis): [string, Uniform] => [`${prefix}${axis}`, ["i32", stride]]));
}
