/** Softmax, its logarithm, log Σ e^x, and the cross-entropy with its gradient: an element of the result is one loop over its row. */

import { type Kernel, type Operand, type Shape, sizeOf, stridesOf } from "@kronograd/tensor";
import {
  type AlongAxis,
  isFloat32,
  otherAxes,
  type Reduced,
  type SoftmaxCrossEntropyParams,
} from "@kronograd/tensor/kernel";
import { along, elementOf, widthOf } from "../emit/layout.ts";
import type { Kit } from "../kit.ts";
import { sumOver } from "./reductions.ts";

export function softmaxKernels(kit: Kit): Record<string, Kernel> {
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
    (outputs, inputs, { axis }: AlongAxis) => {
      const [x] = inputs as [Operand];
      if (!isFloat32(x)) return false;
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

  const numbers = (shape: Shape, { labelSmoothing, reduction }: SoftmaxCrossEntropyParams) => ({
    sure_: 1 - labelSmoothing,
    share_: labelSmoothing / (shape.at(-1) as number),
    weight_: reduction === "mean" ? 1 / sizeOf(shape.slice(0, -1)) : 1,
  });

  return {
    softmax: softmax("quotientOf(expOf(z - top), total)"),
    logSoftmax: softmax("z - top - logOf(total)"),

    logSumExp(outputs, inputs, { axes }: Reduced) {
      const [x] = inputs as [Operand];
      if (!isFloat32(x)) return false;
      const { head } = softmaxOf(x, "i", axes);
      kit.run({
        outputs,
        inputs,
        text: () => `${head}\nif (isBad(top) > 0.5) { return top; }\nreturn top + logOf(total);`,
      });
      return true;
    },

    softmaxCrossEntropy(outputs, inputs, params: SoftmaxCrossEntropyParams) {
      const [logits, labels] = inputs as [Operand, Operand];
      if (!isFloat32(logits)) return false;
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
        sumOver(kit, outputs[0] as Operand, losses, [0]);
      });
      return true;
    },

    softmaxCrossEntropyGrad(outputs, inputs, params: SoftmaxCrossEntropyParams) {
      const [logits, labels, cotangent] = inputs as [Operand, Operand, Operand];
      if (!isFloat32(logits, cotangent)) return false;
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
