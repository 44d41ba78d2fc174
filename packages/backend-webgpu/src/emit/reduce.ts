/**
 * Reductions of rows: a row is one place of the kept axes, its elements are spread over the reduced ones.
 *
 * A workgroup of 256 threads takes K rows with R threads each. Each thread combines every R-th element in ascending order,
 * then the threads of a row meet in a tree in workgroup memory: a fixed order, so the same bits each time. Neighbouring
 * threads read along whatever axis lies densest. Few long rows are cut into slices that a second pass joins.
 */

import { type Operand, sizeOf } from "@kronograd/tensor";
import { axesWalk, otherAxes, type Walk } from "@kronograd/tensor/kernel";
import type { Kit, Uniform } from "../kit.ts";
import { mathFunctions } from "./math.ts";
import { meet, powerOfTwo } from "./tree.ts";
import { walkText, walkUniforms } from "./walk.ts";

/** What is reduced, and how. */
export interface Reduction {
  readonly name: string;
  readonly outputs: readonly Operand[];
  /** All of one shape. */
  readonly inputs: readonly Operand[];
  readonly axes: readonly number[];
  /** WGSL type of the accumulator, and its declaration if it is a structure. */
  readonly type: string;
  readonly declarations?: string;
  readonly initial: string;
  /** Expression: the accumulator's value for one element, from the inputs' values and its place `j` (u32) in the row. */
  readonly element: (...values: string[]) => string;
  /** Expression of `a` and `b`, `a` from the elements before. */
  readonly combine: string;
  /** Statements that write the outputs at `row` from `a`. */
  readonly finish: (outputs: readonly string[]) => string;
  readonly uniforms?: Readonly<Record<string, Uniform>>;
  /** May be cut into slices: the accumulator is a number that the element function leaves alone. */
  readonly isSum?: boolean;
}

const sliceLength = 4096;
const fewRows = 64;

export function reduce(kit: Kit, reduction: Reduction): void {
  const { inputs, outputs, axes } = reduction;
  const { shape } = inputs[0] as Operand;
  const length = sizeOf(axes.map((axis) => shape[axis] as number));
  const rows = sizeOf(otherAxes(shape, axes).map((axis) => shape[axis] as number));
  const slices = Math.ceil(length / sliceLength);
  if (reduction.isSum !== true || slices < 2 || rows > fewRows) {
    rowsPass(kit, reduction, rows, length, 1);
    return;
  }
  kit.temporary((outputs[0] as Operand).dtype, [rows, slices], (partial) => {
    const parts = {
      ...reduction,
      outputs: [partial],
      finish: ([out = ""]: readonly string[]) => `${out}[u.o0 + row] = a;`,
    };
    rowsPass(kit, parts, rows, length, slices);
    rowsPass(
      kit,
      { ...reduction, inputs: [partial], axes: [1], element: (x = "") => x, name: `${reduction.name} slices` },
      rows,
      slices,
      1,
    );
  });
}

function rowsPass(kit: Kit, reduction: Reduction, rows: number, length: number, slices: number): void {
  const { name, outputs, inputs, axes, type, initial, combine } = reduction;
  const first = inputs[0] as Operand;
  const kept = axesWalk(inputs, otherAxes(first.shape, axes));
  const reduced = axesWalk(inputs, axes);
  const density = ({ strides }: Walk) => Math.abs(strides[0]?.at(-1) ?? Number.POSITIVE_INFINITY);
  const alongRows = density(kept) < density(reduced);
  const R = alongRows ? Math.min(16, powerOfTwo(length)) : Math.min(256, powerOfTwo(length));
  const K = 256 / R;
  const uniforms: Record<string, Uniform> = {
    rows: ["u32", rows],
    length: ["u32", length],
    slices: ["u32", slices],
    ...reduction.uniforms,
    ...walkUniforms("k", kept),
    ...walkUniforms("r", reduced),
  };
  outputs.forEach(({ offset }, i) => {
    uniforms[`o${i}`] = ["u32", offset];
  });
  inputs.forEach(({ offset }, i) => {
    uniforms[`i${i}`] = ["i32", offset];
  });
  const values = inputs.map((_, i) => `x${i}`);
  kit.run({
    name: `${name} ${R} ${alongRows} ${kept.counts.length} ${reduced.counts.length} ${slices > 1}`,
    outputs,
    inputs,
    uniforms,
    groups: Math.ceil((rows * slices) / K),
    source: (to, from) => ({
      declarations: `${mathFunctions}\n${reduction.declarations ?? ""}\nvar<workgroup> shared_: array<${type}, 256>;`,
      main: `
let r = ${alongRows ? `thread / ${K}u` : `thread % ${R}u`};
let row = linear * ${K}u + ${alongRows ? `thread % ${K}u` : `thread / ${R}u`};
var a: ${type} = ${initial};
if (row < u.rows * u.slices) {
  let slice = row % u.slices;
  let line = row / u.slices;
  ${walkText("k", kept, "line")}
  let end = ${slices > 1 ? `min(u.length, (slice + 1u) * ${sliceLength}u)` : "u.length"};
  for (var j = ${slices > 1 ? `slice * ${sliceLength}u + r` : "r"}; j < end; j += ${R}u) {
    ${walkText("r", reduced, "j")}
    ${inputs.map((_, i) => `let x${i} = ${from[i]}[u32(u.i${i} + kat${i} + rat${i})];`).join("\n")}
    let b: ${type} = ${reduction.element(...values)};
    a = ${combine};
  }
}
shared_[thread] = a;
workgroupBarrier();
${meet(R, `let b = shared_[thread + s * ${alongRows ? K : 1}u]; a = ${combine}; shared_[thread] = a;`)}
if (r == 0u && row < u.rows * u.slices) {
  ${reduction.finish(to)}
}`,
    }),
  });
}
