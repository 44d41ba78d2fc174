/** Matrix products of all layouts, dense layers with their bias, and X Xᵀ: an element of the result is one loop over k. */

import { broadcastStrides, type Kernel, type Operand, sizeOf } from "@kronograd/tensor";
import { isFloat32 } from "@kronograd/tensor/kernel";
import { placeOf, times } from "../emit/layout.ts";
import type { Kit } from "../kit.ts";

/** Statements that sum a product over k, from the places where k = 0 and the steps of both factors. */
export const sumProduct = (
  k: number,
  a: string,
  aStep: number,
  b: string,
  bStep: number,
  second = 1,
): string => `let total = 0.0;
const left = at0 + ${a};
const right = at${second} + ${b};
for (let k = 0; k < ${k}; k++) {
  total = total + x0[left + ${times("k", aStep)}] * x${second}[right + ${times("k", bStep)}];
}`;

const stride = ({ strides }: Operand, axis: number): number => strides.at(axis) as number;

export function productKernels(kit: Kit): Record<string, Kernel> {
  return {
    matmul(outputs, inputs) {
      if (!isFloat32(...inputs)) return false;
      const [out] = outputs as [Operand];
      const [A, B] = inputs as [Operand, Operand];
      const [m, k] = A.shape.slice(-2) as [number, number];
      const n = B.shape.at(-1) as number;
      const lead = out.shape.slice(0, -2);
      const start = ({ shape, strides }: Operand) =>
        placeOf("z", lead, broadcastStrides({ shape: shape.slice(0, -2), strides: strides.slice(0, -2) }, lead));
      kit.run({
        outputs,
        inputs,
        text: () => `const z = quotient(i, ${m * n});
const row = remainder(quotient(i, ${n}), ${m});
const column = remainder(i, ${n});
${sumProduct(k, `${start(A)} + ${times("row", stride(A, -2))}`, stride(A, -1), `${start(B)} + ${times("column", stride(B, -1))}`, stride(B, -2))}
return total;`,
      });
      return true;
    },

    linear(outputs, inputs) {
      if (!isFloat32(...inputs)) return false;
      const [x, weight, bias] = inputs as [Operand, Operand, Operand | undefined];
      const n = weight.shape[0] as number;
      const start = placeOf("row", x.shape.slice(0, -1), x.strides.slice(0, -1));
      const last = bias === undefined ? "total" : `total + x2[at2 + ${times("column", stride(bias, 0))}]`;
      kit.run({
        outputs,
        inputs,
        text: () => `const row = quotient(i, ${n});
const column = remainder(i, ${n});
${sumProduct(x.shape.at(-1) as number, start, stride(x, -1), times("column", stride(weight, 0)), stride(weight, 1))}
return ${last};`,
      });
      return true;
    },

    addProduct(outputs, inputs, { decay }: { decay: number }) {
      if (!isFloat32(...inputs)) return false;
      const [C, A, B] = inputs as [Operand, Operand, Operand];
      const n = B.shape[1] as number;
      kit.run({
        outputs,
        inputs: [A, B, C],
        numbers: { decay_: decay },
        text: () => `const row = quotient(i, ${n});
const column = remainder(i, ${n});
${sumProduct(A.shape[1] as number, times("row", stride(A, 0)), stride(A, 1), times("column", stride(B, 1)), stride(B, 0))}
return total + decay_ * x2[at2 + ${times("row", stride(C, 0))} + ${times("column", stride(C, 1))}];`,
      });
      return true;
    },

    syrk(outputs, inputs) {
      const [X] = inputs as [Operand];
      if (!isFloat32(X)) return false;
      const [n, k] = X.shape as readonly [number, number];
      kit.run({
        outputs,
        inputs,
        text: () => `const row = quotient(i, ${n});
const column = remainder(i, ${n});
${sumProduct(k, times("row", stride(X, 0)), stride(X, 1), times("column", stride(X, 0)), stride(X, 1), 0)}
return total;`,
      });
      return true;
    },

    dot(outputs, inputs) {
      const [x, y] = inputs as [Operand, Operand];
      if (!isFloat32(x, y)) return false;
      const size = sizeOf(x.shape);
      const parts = Math.max(1, Math.ceil(size / 256));
      kit.temporary([parts], (partial) => {
        kit.run({
          outputs: [partial],
          inputs,
          text: () => `let total = 0.0;
for (let j = 0; j < 256; j++) {
  const e = i * 256 + j;
  if (e < ${size}) { total = total + x0[at0 + ${placeOf("e", x.shape, x.strides)}] * x1[at1 + ${placeOf("e", y.shape, y.strides)}]; }
}
return total;`,
        });
        kit.run({
          outputs,
          inputs: [partial],
          text: () => `let total = 0.0;\nfor (let j = 0; j < ${parts}; j++) { total = total + x0[j]; }\nreturn total;`,
        });
      });
      return true;
    },
  };
}
