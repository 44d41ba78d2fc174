/** Sums, and extrema with their places: an element of the result is one loop over its row. */

import { type Kernel, type Operand, sizeOf } from "@kronograd/tensor";
import { isFloat32, otherAxes, type Reduced } from "@kronograd/tensor/kernel";
import { along, elementOf, widthOf } from "../emit/layout.ts";
import { blockOf, exact, type Kit } from "../kit.ts";

/** Longest loop of a sum; longer rows are summed in parts, which also rounds less. */
const part = 256;

/** Sum over axes; the parts of a row are summed first where it is long. */
export function sumOver(kit: Kit, output: Operand, x: Operand, axes: readonly number[], most?: number): void {
  const width = widthOf(x.shape, axes);
  const kept = otherAxes(x.shape, axes);
  const rows = widthOf(x.shape, kept);
  const loop = (count: number, guard: string) => `let total = 0.0;
for (let j = 0; j < ${count}; j++) {
const e = first + j;
${guard}{ total = total + x0[at0 + ${along("row", x, kept)} + ${along("e", x, axes)}]; }
}
return total;`;
  if (width <= part) {
    kit.run({
      outputs: [output],
      inputs: [x],
      ...(most === undefined ? {} : { most }),
      text: () => `const row = quotient(i, 1);\nconst first = quotient(0 * i, 1);\n${loop(width, "")}`,
    });
    return;
  }
  const parts = Math.ceil(width / part);
  kit.temporary([rows, parts], (partial) => {
    kit.run({
      outputs: [partial],
      inputs: [x],
      text: () =>
        `const row = quotient(i, ${parts});\nconst first = remainder(i, ${parts}) * ${part};\n${loop(part, `if (e < ${width}) `)}`,
    });
    sumOver(kit, output, partial, [1], most);
  });
}

export function reductionKernels(kit: Kit): Record<string, Kernel> {
  const extremum =
    (sign: ">" | "<"): Kernel =>
    (outputs, inputs, { axes }: Reduced) => {
      const [x] = inputs as [Operand];
      if (!isFloat32(x)) return false;
      const kept = otherAxes(x.shape, axes);
      kit.run({
        outputs,
        inputs,
        text: (k) => `let best = ${sign === ">" ? "lowest" : "highest"}(0.0);
let place = 0.0;
let bad = 0.0;
for (let j = 0; j < ${widthOf(x.shape, axes)}; j++) {
  const value = x0[at0 + ${along("i", x, kept)} + ${along("j", x, axes)}];
  if (bad < 0.5) {
    if (isNotANumber(value) > 0.5) { bad = 1.0; best = value; place = real(j); }
    if (value ${sign} best) { best = value; place = real(j); }
  }
}
return ${k === 0 ? "best" : "place"};`,
      });
      return true;
    };

  return {
    sum(outputs, inputs, { axes }: Reduced) {
      const [x] = inputs as [Operand];
      const most = isFloat32(x) ? 0 : blockOf(x).most * widthOf(x.shape, axes);
      if (most > exact) return false;
      sumOver(kit, outputs[0] as Operand, x, axes, most);
      return true;
    },
    max: extremum(">"),
    min: extremum("<"),
    countNonFinite(outputs, inputs) {
      const [out] = outputs as [Operand];
      const floats = inputs.filter((x) => isFloat32(x) && sizeOf(x.shape) > 0);
      const parts = floats.map(({ shape }) => Math.ceil(sizeOf(shape) / part));
      const all = parts.reduce((a, b) => a + b, 0);
      const most = floats.reduce((total, { shape }) => total + sizeOf(shape), 0);
      if (most > exact) return false;
      kit.temporary([Math.max(1, all)], (partial) => {
        let start = 0;
        floats.forEach((x, k) => {
          const count = parts[k] as number;
          const size = sizeOf(x.shape);
          kit.run({
            outputs: [{ ...partial, offset: start, shape: [count], strides: [1] }],
            inputs: [x],
            text: () => `let total = 0.0;
for (let j = 0; j < ${part}; j++) {
  const e = i * ${part} + j;
  if (e < ${size}) { total = total + isBad(x0[at0 + ${elementOf("e", x)}]); }
}
return total;`,
          });
          start += count;
        });
        sumOver(kit, out, partial, [0], most);
      });
      return true;
    },
  };
}
