/**
 * Copies, joins, look-ups and their transposes.
 *
 * An index out of range cannot throw here, where nobody waits for the device: it makes NaN, which the next look at the loss
 * or at the values shows.
 */

import { type Kernel, type Operand, type Shape, sizeOf, stridesOf } from "@kronograd/tensor";
import { axesWalk, broadcastWalk, isFloat32, joinAxes, otherAxes, type Walk } from "@kronograd/tensor/kernel";
import { each } from "../emit/each.ts";
import { walkText } from "../emit/walk.ts";
import type { Kit } from "../kit.ts";

/** By dtypes from and to: the function that converts. */
const conversions: Readonly<Record<string, string>> = {
  "float32 float32": "",
  "int32 int32": "",
  "int32 float32": "f32",
};

const notANumber = "bits_(0x7fc00000u)";

export function moveKernels(kit: Kit): Record<string, Kernel> {
  /** Copy elements of any layout to a row-major target, converting the dtype. */
  const copy = (target: Operand, source: Operand): boolean => {
    const conversion = conversions[`${source.dtype} ${target.dtype}`];
    if (conversion === undefined) return false; // floats become whole numbers modulo 2³²: the reference does it
    const walk = broadcastWalk(source.shape, [source]);
    if (conversion === "" && walk.counts.length <= 1 && (walk.strides[0]?.[0] ?? 1) === 1) kit.copy(source, target);
    else {
      each(kit, {
        name: `copy ${conversion}`,
        outputs: [target],
        inputs: [source],
        size: sizeOf(source.shape),
        walks: { x: walk },
        main: ([to], [from]) =>
          `${walkText("x", walk, "i")}\n${to}[u.o0 + i] = ${conversion}(${from}[u32(u.i0 + xat0)]);`,
      });
    }
    return true;
  };

  /** Write a row-major source onto a grid of a target: shape and strides of the grid, in the target's buffer. */
  const spread = (
    target: Operand,
    grid: { shape: Shape; strides: readonly number[]; offset: number },
    source: Operand,
  ) => {
    const strides = [source.strides, grid.strides];
    const walk = joinAxes(grid.shape, strides);
    each(kit, {
      name: "spread",
      outputs: [{ ...target, offset: grid.offset }],
      inputs: [source],
      size: sizeOf(grid.shape),
      walks: { x: walk },
      main: ([to], [from]) => `${walkText("x", walk, "i")}\n${to}[u32(i32(u.o0) + xat1)] = ${from}[u32(u.i0 + xat0)];`,
    });
  };

  const rowsOf = (x: Operand, axes: readonly number[]) => ({
    kept: axesWalk([x], otherAxes(x.shape, axes)),
    along: axesWalk([x], axes),
    width: sizeOf(axes.map((axis) => x.shape[axis] as number)),
  });
  const flat = (x: Operand): Walk => broadcastWalk(x.shape, [x]);

  return {
    copy: ([out], [x]) => copy(out as Operand, x as Operand),
    cast: ([out], [x]) => copy(out as Operand, x as Operand),

    concat(outputs, inputs, { axis }: { axis: number }) {
      const [out] = outputs as readonly [Operand];
      if (inputs.some(({ dtype }) => dtype !== out.dtype)) return false;
      let start = out.offset;
      for (const input of inputs) {
        spread(out, { shape: input.shape, strides: out.strides, offset: start }, input);
        start += (input.shape[axis] as number) * (out.strides[axis] as number);
      }
      return true;
    },

    sliceGrad(outputs, inputs, { starts, steps, counts, value }) {
      const [out] = outputs as readonly [Operand];
      const [x] = inputs as readonly [Operand];
      if (!isFloat32(out, x)) return false;
      if (value === 0 && out.offset === 0) kit.clear(out);
      else {
        each(kit, {
          name: "fill",
          outputs: [out],
          inputs: [],
          size: sizeOf(out.shape),
          uniforms: { value: ["f32", value] },
          main: ([to]) => `${to}[u.o0 + i] = u.value;`,
        });
      }
      const offset = out.offset + out.strides.reduce((sum, stride, axis) => sum + stride * starts[axis], 0);
      const strides = out.strides.map((stride, axis) => stride * steps[axis]);
      spread(out, { shape: counts, strides, offset }, x);
      return true;
    },

    triangle(outputs, inputs, { upper, diagonal }: { upper: boolean; diagonal: number }) {
      const [x] = inputs as readonly [Operand];
      if (!isFloat32(x)) return false;
      const [rows, columns] = x.shape.slice(-2) as [number, number];
      const walk = flat(x);
      each(kit, {
        name: `triangle ${upper}`,
        outputs,
        inputs,
        size: sizeOf(x.shape),
        walks: { x: walk },
        uniforms: { rows: ["u32", rows], columns: ["u32", columns], diagonal: ["i32", diagonal] },
        main: ([to], [from]) => `
let distance = i32(i % u.columns) - i32((i / u.columns) % u.rows);
${walkText("x", walk, "i")}
${to}[u.o0 + i] = select(0.0, ${from}[u32(u.i0 + xat0)], distance ${upper ? ">=" : "<="} u.diagonal);`,
      });
      return true;
    },

    gather(outputs, inputs) {
      const [x, indices] = inputs as readonly [Operand, Operand];
      if (!isFloat32(x)) return false;
      const rest = axesWalk([x], otherAxes(x.shape, [0]));
      const chosen = flat(indices);
      const width = sizeOf(x.shape.slice(1));
      each(kit, {
        name: "gather",
        outputs,
        inputs,
        size: sizeOf(indices.shape) * width,
        walks: { x: rest, c: chosen },
        uniforms: { width: ["u32", width], rows: ["i32", x.shape[0] as number], row: ["i32", x.strides[0] as number] },
        main: ([to], [from, index]) => `
let place = i / u.width;
let column = i % u.width;
${walkText("c", chosen, "place")}
${walkText("x", rest, "column")}
let row = ${index}[u32(u.i1 + cat0)];
if (row < 0 || row >= u.rows) { ${to}[u.o0 + i] = ${notANumber}; return; }
${to}[u.o0 + i] = ${from}[u32(u.i0 + row * u.row + xat0)];`,
      });
      return true;
    },

    // each element of the table looks for its rows among all indices, in order: no two threads write one place
    scatterAdd(outputs, inputs, { rows }: { rows: number }) {
      const [values, indices] = inputs as readonly [Operand, Operand];
      if (!isFloat32(values)) return false;
      const lead = indices.shape.map((_, axis) => axis);
      const alongRows = axesWalk([values], lead);
      const rest = axesWalk([values], otherAxes(values.shape, lead));
      const chosen = flat(indices);
      const width = sizeOf(values.shape.slice(lead.length));
      each(kit, {
        name: "scatterAdd",
        outputs,
        inputs,
        size: rows * width,
        walks: { l: alongRows, x: rest, c: chosen },
        uniforms: { width: ["u32", width], count: ["u32", sizeOf(indices.shape)], rows: ["i32", rows] },
        main: ([to], [from, index]) => `
let own = i32(i / u.width);
let column = i % u.width;
${walkText("x", rest, "column")}
var total = 0.0;
for (var j = 0u; j < u.count; j++) {
  ${walkText("c", chosen, "j")}
  let row = ${index}[u32(u.i1 + cat0)];
  if (row < 0 || row >= u.rows) { total = ${notANumber}; }
  if (row == own) {
    ${walkText("l", alongRows, "j")}
    total += ${from}[u32(u.i0 + lat0 + xat0)];
  }
}
${to}[u.o0 + i] = total;`,
      });
      return true;
    },

    pick(outputs, inputs, { axes }: { axes: readonly number[] }) {
      const [x, indices] = inputs as readonly [Operand, Operand];
      if (!isFloat32(x)) return false;
      const { kept, along, width } = rowsOf(x, axes);
      const chosen = flat(indices);
      each(kit, {
        name: "pick",
        outputs,
        inputs,
        size: sizeOf(indices.shape),
        walks: { k: kept, a: along, c: chosen },
        uniforms: { width: ["i32", width] },
        main: ([to], [from, index]) => `
${walkText("c", chosen, "i")}
let place = ${index}[u32(u.i1 + cat0)];
if (place < 0 || place >= u.width) { ${to}[u.o0 + i] = ${notANumber}; return; }
${walkText("k", kept, "i")}
${walkText("a", along, "u32(place)")}
${to}[u.o0 + i] = ${from}[u32(u.i0 + kat0 + aat0)];`,
      });
      return true;
    },

    scatter(outputs, inputs, { axes, shape }: { axes: readonly number[]; shape: Shape }) {
      const [values, indices] = inputs as readonly [Operand, Operand];
      if (!isFloat32(values)) return false;
      const target: Operand = { ...(outputs[0] as Operand), shape, strides: stridesOf(shape) };
      const { kept, along, width } = rowsOf(target, axes);
      const [source, chosen] = [flat(values), flat(indices)];
      each(kit, {
        name: "scatter",
        outputs,
        inputs,
        size: sizeOf(values.shape) * width,
        walks: { k: kept, a: along, v: source, c: chosen },
        uniforms: { width: ["u32", width] },
        main: ([to], [from, index]) => `
let row = i / u.width;
let place = i % u.width;
${walkText("c", chosen, "row")}
${walkText("v", source, "row")}
${walkText("k", kept, "row")}
${walkText("a", along, "place")}
let own = ${index}[u32(u.i1 + cat0)];
let inside = own >= 0 && own < i32(u.width);
let value = select(0.0, ${from}[u32(u.i0 + vat0)], own == i32(place));
${to}[u32(i32(u.o0) + kat0 + aat0)] = select(${notANumber}, value, inside);`,
      });
      return true;
    },

    oneHot(outputs, inputs, { classes }: { classes: number }) {
      const [out] = outputs as readonly [Operand];
      const [labels] = inputs as readonly [Operand];
      if (!isFloat32(out)) return false;
      const chosen = flat(labels);
      each(kit, {
        name: "oneHot",
        outputs,
        inputs,
        size: sizeOf(labels.shape) * classes,
        walks: { c: chosen },
        uniforms: { classes: ["u32", classes] },
        main: ([to], [index]) => `
let row = i / u.classes;
${walkText("c", chosen, "row")}
let label = ${index}[u32(u.i0 + cat0)];
let inside = label >= 0 && label < i32(u.classes);
${to}[u.o0 + i] = select(${notANumber}, select(0.0, 1.0, label == i32(i % u.classes)), inside);`,
      });
      return true;
    },
  };
}
