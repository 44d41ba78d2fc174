/** Sums, extrema with their places, softmax and the cross-entropy with its gradient: an element of the result is one loop over its row. */

import { type Kernel, type Operand, type Shape, sizeOf, stridesOf } from "@kronograd/tensor";
import { along, elementOf, otherAxes, widthOf } from "../emit/layout.ts";
import { blockOf, exact, isFloat, type Kit } from "../kit.ts";

interface Axes {
  readonly axes: readonly number[];
}

interface Loss {
  readonly labelSmoothing: number;
  readonly reduction: "mean" | "sum";
}

/** Longest loop of a sum; longer rows are summed in parts, which also rounds less. */
const part = 256;

export function reductionKernels(kit: Kit): Record<string, Kernel> {
  /** Sum over axes; the parts of a row are summed first where it is long. */
  const sum = (output: Operand, x: Operand, axes: readonly number[], most?: number): void => {
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
      sum(output, partial, [1], most);
    });
  };

  const extremum =
    (sign: ">" | "<"): Kernel =>
    (outputs, inputs, { axes }: Axes) => {
      const [x] = inputs as [Operand];
      if (!isFloat(x)) return false;
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

  /** Statements that leave the largest element of a row and Σ e^(z − largest) in `top` and `total`. */
  const softmaxOf = (x: Operand, line: string, axes: readonly number[]) => {
    const at = (j: string) => `x0[at0 + ${along(line, x, otherAxes(x.shape, axes))} + ${along(j, x, axes)}]`;
    const n = widthOf(x.shape, axes);
    return {
      at,
      head: `let top = lowest(0.0);
for (let j = 0; j < ${n}; j++) { top = maxOf(top, ${at("j")}); }
let total = 0.0;
for (let j = 0; j < ${n}; j++) { total = total + expOf(${at("j")} - top); }`,
    };
  };

  const softmax =
    (value: string): Kernel =>
    (outputs, inputs, { axis }: { axis: number }) => {
      const [x] = inputs as [Operand];
      if (!isFloat(x)) return false;
      const n = x.shape[axis] as number;
      const inner = stridesOf(x.shape)[axis] as number;
      const { at, head } = softmaxOf(x, "line", [axis]);
      kit.run({
        outputs,
        inputs,
        text: () => `const own = remainder(quotient(i, ${inner}), ${n});
const line = quotient(i, ${inner * n}) * ${inner} + remainder(i, ${inner});
${head}
const z = ${at("own")};
return ${value};`,
      });
      return true;
    };

  const numbers = (shape: Shape, { labelSmoothing, reduction }: Loss) => ({
    sure_: 1 - labelSmoothing,
    share_: labelSmoothing / (shape.at(-1) as number),
    weight_: reduction === "mean" ? 1 / sizeOf(shape.slice(0, -1)) : 1,
  });

  return {
    sum(outputs, inputs, { axes }: Axes) {
      const [x] = inputs as [Operand];
      const most = isFloat(x) ? 0 : blockOf(x).most * widthOf(x.shape, axes);
      if (most > exact) return false;
      sum(outputs[0] as Operand, x, axes, most);
      return true;
    },
    max: extremum(">"),
    min: extremum("<"),
    softmax: softmax("quotientOf(expOf(z - top), total)"),
    logSoftmax: softmax("z - top - logOf(total)"),

    logSumExp(outputs, inputs, { axes }: Axes) {
      const [x] = inputs as [Operand];
      if (!isFloat(x)) return false;
      const { head } = softmaxOf(x, "i", axes);
      kit.run({
        outputs,
        inputs,
        text: () => `${head}\nif (isBad(top) > 0.5) { return top; }\nreturn top + logOf(total);`,
      });
      return true;
    },

    countNonFinite(outputs, inputs) {
      const [out] = outputs as [Operand];
      const floats = inputs.filter((x) => isFloat(x) && sizeOf(x.shape) > 0);
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
        sum(out, partial, [0], most);
      });
      return true;
    },

    softmaxCrossEntropy(outputs, inputs, params: Loss) {
      const [logits, labels] = inputs as [Operand, Operand];
      if (!isFloat(logits)) return false;
      const { shape } = logits;
      const n = shape.at(-1) as number;
      const rows = sizeOf(shape.slice(0, -1));
      const { at, head } = softmaxOf(logits, "i", [shape.length - 1]);
      kit.temporary([rows], (losses) => {
        kit.run({
          outputs: [losses],
          inputs,
          numbers: numbers(shape, params),
          text: () => `const label = whole(x1[at1 + ${elementOf("i", labels)}]);
if (label < 0 || label >= ${n}) { return notANumber(0.0); }
${head}
let aim = 0.0;
for (let j = 0; j < ${n}; j++) {
  let q = share_;
  if (j === label) { q = q + sure_; }
  aim = aim + q * (${at("j")} - top);
}
return weight_ * (logOf(total) - aim);`,
        });
        sum(outputs[0] as Operand, losses, [0]);
      });
      return true;
    },

    softmaxCrossEntropyGrad(outputs, inputs, params: Loss) {
      const [logits, labels, cotangent] = inputs as [Operand, Operand, Operand];
      if (!isFloat(logits, cotangent)) return false;
      const { shape } = logits;
      const n = shape.at(-1) as number;
      const { at, head } = softmaxOf(logits, "line", [shape.length - 1]);
      kit.run({
        outputs,
        inputs,
        numbers: numbers(shape, params),
        text: () => `const line = quotient(i, ${n});
const own = remainder(i, ${n});
const label = whole(x1[at1 + ${elementOf("line", labels)}]);
if (label < 0 || label >= ${n}) { return notANumber(0.0); }
${head}
let q = share_;
if (own === label) { q = q + sure_; }
return weight_ * x2[at2] * (quotientOf(expOf(${at("own")} - top), total) - q);`,
      });
      return true;
    },
  };
}
