/**
 * Copies, joins, look-ups and their transposes.
 *
 * An index out of range cannot throw here, where nobody waits for the device: it makes NaN, which the next look at the loss
 * or at the values shows.
 */

import { type Kernel, type Operand, type Shape, sizeOf, stridesOf } from "@kronograd/tensor";
import { isFloat32, otherAxes } from "@kronograd/tensor/kernel";
import { along, elementOf, widthOf } from "../emit/layout.ts";
import type { Kit } from "../kit.ts";

export function moveKernels(kit: Kit): Record<string, Kernel> {
  const copy: Kernel = (outputs, inputs) => {
    const [[out], [x]] = [outputs, inputs] as [[Operand], [Operand]];
    if (out.dtype === "int32" && x.dtype === "float32") return false; // modulo 2³²: the reference does it
    kit.run({ outputs, inputs, text: () => `return x0[at0 + ${elementOf("i", x, out.shape)}];` });
    return true;
  };

  /** A whole number read from an operand of indices. */
  const indexAt = (j: number, indices: Operand, place: string) => `whole(x${j}[at${j} + ${elementOf(place, indices)}])`;

  return {
    copy,
    cast: copy,

    concat([out], inputs, { axis }: { axis: number }) {
      const target = out as Operand;
      if (inputs.some(({ dtype }) => dtype !== target.dtype)) return false;
      const inner = sizeOf(target.shape.slice(axis + 1));
      const total = target.shape[axis] as number;
      let start = 0;
      for (const input of inputs) {
        const n = input.shape[axis] as number;
        const isFirst = start === 0;
        const at = isFirst ? "coordinate" : `coordinate - ${start}`;
        if (n > 0 && sizeOf(input.shape) > 0) {
          const read = elementOf("source", input);
          const own = `remainder(quotient(i, ${inner}), ${total})`;
          kit.run({
            outputs: [target],
            inputs: [input],
            where: `${own} >= ${start} && ${own} < ${start + n}`,
            text: () =>
              `const coordinate = ${own};\nconst source = (quotient(i, ${inner * total}) * ${n} + ${at}) * ${inner} + remainder(i, ${inner});\nreturn x0[at0 + ${read}];`,
          });
        }
        start += n;
      }
      return true;
    },

    sliceGrad(outputs, inputs, { starts, steps, counts, value }) {
      const [[out], [x]] = [outputs, inputs] as [[Operand], [Operand]];
      if (!isFloat32(out, x)) return false;
      const lines: string[] = ["let inside = 1.0;", "let source = 0 * i;"];
      const strides = stridesOf(out.shape);
      out.shape.forEach((n, axis) => {
        const c = `remainder(quotient(i, ${strides[axis]}), ${n})`;
        const [start, step, count] = [starts[axis], steps[axis], counts[axis]] as [number, number, number];
        const way = step < 0 ? `${start} - ${c}` : `${c} - ${start}`;
        lines.push(
          `const d${axis} = ${way};`,
          `const k${axis} = quotient(d${axis}, ${Math.abs(step)});`,
          `if (d${axis} < 0 || k${axis} * ${Math.abs(step)} !== d${axis} || k${axis} >= ${count}) { inside = 0.0; }`,
          `source = source + k${axis} * ${(x.strides[axis] as number) < 0 ? `(0 - ${-(x.strides[axis] as number)})` : x.strides[axis]};`,
        );
      });
      const text = `${lines.join("\n")}\nif (inside > 0.5) { return x0[at0 + source]; }\nreturn fill_;`;
      kit.run({ outputs, inputs, numbers: { fill_: value }, text: () => text });
      return true;
    },

    triangle(outputs, inputs, { upper, diagonal }: { upper: boolean; diagonal: number }) {
      const [x] = inputs as [Operand];
      if (!isFloat32(x)) return false;
      const [rows, columns] = x.shape.slice(-2) as [number, number];
      kit.run({
        outputs,
        inputs,
        numbers: { atDiagonal: diagonal },
        text: () => `const distance = remainder(i, ${columns}) - remainder(quotient(i, ${columns}), ${rows});
if (distance ${upper ? "<" : ">"} atDiagonal) { return 0.0; }
return x0[at0 + ${elementOf("i", x)}];`,
      });
      return true;
    },

    gather(outputs, inputs) {
      const [x, indices] = inputs as [Operand, Operand];
      if (!isFloat32(x)) return false;
      const rest = otherAxes(x.shape, [0]);
      const width = widthOf(x.shape, rest);
      kit.run({
        outputs,
        inputs,
        text: () => `const place = quotient(i, ${width});
const column = remainder(i, ${width});
const row = ${indexAt(1, indices, "place")};
if (row < 0 || row >= ${x.shape[0]}) { return notANumber(0.0); }
return x0[at0 + row * ${x.strides[0]} + ${along("column", x, rest)}];`,
      });
      return true;
    },

    // each element of the table looks for its rows among all indices, in order
    scatterAdd(outputs, inputs, { rows }: { rows: number }) {
      const [values, indices] = inputs as [Operand, Operand];
      if (!isFloat32(values)) return false;
      const lead = indices.shape.map((_, axis) => axis);
      const rest = otherAxes(values.shape, lead);
      const width = widthOf(values.shape, rest);
      kit.run({
        outputs,
        inputs,
        text: () => `const own = quotient(i, ${width});
const column = remainder(i, ${width});
let total = 0.0;
for (let j = 0; j < ${sizeOf(indices.shape)}; j++) {
  const row = ${indexAt(1, indices, "j")};
  if (row < 0 || row >= ${rows}) { total = notANumber(0.0); }
  if (row === own) { total = total + x0[at0 + ${along("j", values, lead)} + ${along("column", values, rest)}]; }
}
return total;`,
      });
      return true;
    },

    pick(outputs, inputs, { axes }: { axes: readonly number[] }) {
      const [x, indices] = inputs as [Operand, Operand];
      if (!isFloat32(x)) return false;
      kit.run({
        outputs,
        inputs,
        text: () => `const own = ${indexAt(1, indices, "i")};
if (own < 0 || own >= ${widthOf(x.shape, axes)}) { return notANumber(0.0); }
return x0[at0 + ${along("i", x, otherAxes(x.shape, axes))} + ${along("own", x, axes)}];`,
      });
      return true;
    },

    scatter(outputs, inputs, { axes, shape }: { axes: readonly number[]; shape: Shape }) {
      const [values, indices] = inputs as [Operand, Operand];
      if (!isFloat32(values)) return false;
      const kept = otherAxes(shape, axes);
      const strides = stridesOf(shape);
      /** The number, among some of the target's axes, of element i. */
      const number = (own: readonly number[]) =>
        own.reduce((text, axis) => {
          const coordinate = `remainder(quotient(i, ${strides[axis]}), ${shape[axis]})`;
          return text === "0" ? coordinate : `(${text}) * ${shape[axis]} + ${coordinate}`;
        }, "0");
      kit.run({
        outputs,
        inputs,
        text: () => `const line = ${number(kept)};
const here = ${number(axes)};
const own = ${indexAt(1, indices, "line")};
if (own < 0 || own >= ${widthOf(shape, axes)}) { return notANumber(0.0); }
if (own !== here) { return 0.0; }
return x0[at0 + ${elementOf("line", values)}];`,
      });
      return true;
    },

    oneHot(outputs, inputs, { classes }: { classes: number }) {
      const [labels] = inputs as [Operand];
      if (!isFloat32(...outputs)) return false;
      kit.run({
        outputs,
        inputs,
        text: () => `const line = quotient(i, ${classes});
const label = ${indexAt(0, labels, "line")};
if (label < 0 || label >= ${classes}) { return notANumber(0.0); }
if (label === remainder(i, ${classes})) { return 1.0; }
return 0.0;`,
      });
      return true;
    },
  };
}
