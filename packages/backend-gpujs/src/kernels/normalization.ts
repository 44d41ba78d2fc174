/**
 * Batch and group normalisation and their gradients: first the sums of each set, then each element from them.
 *
 * A set shares one mean and one variance: a channel of all images, or a group of channels of one image.
 */

import { type Kernel, type Operand, type Shape, sizeOf } from "@kronograd/tensor";
import { isFloat32, type Normalization, normalizationView } from "@kronograd/tensor/kernel";
import { elementOf } from "../emit/layout.ts";
import type { Kit } from "../kit.ts";

export function normalizationKernels(kit: Kit): Record<string, Kernel> {
  /** Sizes of a view [N, C, S] and text that finds the way between elements, sets and channels. */
  const viewOf = (x: Shape, { groups }: Normalization, overBatch: boolean) => {
    const { shape, channels: C, setSize: count } = normalizationView(x, groups, overBatch);
    const [N, , , S] = shape;
    const channelOf = (i: string) => `remainder(quotient(${i}, ${S}), ${C})`;
    const setOf = (i: string) =>
      overBatch ? channelOf(i) : `quotient(${i}, ${C * S}) * ${groups} + quotient(${channelOf(i)}, ${C / groups})`;
    /** Element j of set s. */
    const member = (s: string) =>
      overBatch ? `(quotient(j, ${S}) * ${C} + ${s}) * ${S} + remainder(j, ${S})` : `${s} * ${count} + j`;
    /** Element j of channel c. */
    const ofChannel = (c: string) => `(quotient(j, ${S}) * ${C} + ${c}) * ${S} + remainder(j, ${S})`;
    return { N, C, S, channelOf, setOf, count, member, ofChannel };
  };
  const at = (j: number, operand: Operand, place: string) => `x${j}[at${j} + ${elementOf(place, operand)}]`;

  const forward =
    (overBatch: boolean): Kernel =>
    (outputs, inputs, params: Normalization) => {
      if (!isFloat32(...inputs)) return false;
      const [y, means, variances] = outputs as [Operand, Operand, Operand];
      const [x, gamma, beta] = inputs as [Operand, Operand, Operand];
      const { channelOf, setOf, count, member } = viewOf(x.shape, params, overBatch);
      const mean = (value: string, prepare: string) => `${prepare}let total = 0.0;
for (let j = 0; j < ${count}; j++) {
  const e = ${member("i")};
  const d = ${value};
  total = total + ${prepare === "" ? "d" : "d * d"};
}
return quotientOf(total, ${count}.0);`;
      kit.run({ outputs: [means], inputs: [x], text: () => mean(at(0, x, "e"), "") });
      kit.run({
        outputs: [variances],
        inputs: [x, means],
        text: () => mean(`${at(0, x, "e")} - m`, `const m = ${at(1, means, "i")};\n`),
      });
      kit.run({
        outputs: [y],
        inputs: [x, gamma, beta, means, variances],
        numbers: { epsilon_: params.epsilon },
        text: () => `const own = ${setOf("i")};
const channel = ${channelOf("i")};
const rate = quotientOf(1.0, sqrtOf(${at(4, variances, "own")} + epsilon_));
return (${at(0, x, "i")} - ${at(3, means, "own")}) * rate * ${at(1, gamma, "channel")} + ${at(2, beta, "channel")};`,
      });
      return true;
    };

  const backward =
    (overBatch: boolean): Kernel =>
    (outputs, inputs, params: Normalization) => {
      if (!isFloat32(...inputs)) return false;
      const [dx, dgamma, dbeta] = outputs as [Operand, Operand, Operand];
      const [x, gamma, means, variances, dy] = inputs as [Operand, Operand, Operand, Operand, Operand];
      const { N, S, channelOf, setOf, count, member, ofChannel } = viewOf(x.shape, params, overBatch);
      const numbers = { epsilon_: params.epsilon };
      /** Σ dy over a channel, or Σ dy x̂. */
      const affine = (isWeighted: boolean) => () =>
        `let total = 0.0;
for (let j = 0; j < ${N * S}; j++) {
  const e = ${ofChannel("i")};
  ${isWeighted ? `const own = ${setOf("e")};\n  const rate = quotientOf(1.0, sqrtOf(${at(3, variances, "own")} + epsilon_));` : ""}
  total = total + ${at(4, dy, "e")}${isWeighted ? ` * (${at(0, x, "e")} - ${at(2, means, "own")}) * rate` : ""};
}
return total;`;
      kit.run({ outputs: [dgamma], inputs, numbers, text: affine(true) });
      kit.run({ outputs: [dbeta], inputs, text: affine(false) });
      const sets = sizeOf(means.shape);
      kit.temporary([2, sets], (sums) => {
        kit.run({
          outputs: [sums],
          inputs,
          text: () => `const own = remainder(i, ${sets});
const m = ${at(2, means, "own")};
let total = 0.0;
for (let j = 0; j < ${count}; j++) {
  const e = ${member("own")};
  const channel = ${channelOf("e")};
  const h = ${at(4, dy, "e")} * ${at(1, gamma, "channel")};
  if (i < ${sets}) { total = total + h; }
  else { total = total + h * (${at(0, x, "e")} - m); }
}
return quotientOf(total, ${count}.0);`,
        });
        kit.run({
          outputs: [dx],
          inputs: [x, gamma, means, variances, dy, sums],
          numbers,
          text: () => `const own = ${setOf("i")};
const channel = ${channelOf("i")};
const rate = quotientOf(1.0, sqrtOf(${at(3, variances, "own")} + epsilon_));
const centred = (${at(0, x, "i")} - ${at(2, means, "own")}) * rate;
const h = ${at(1, gamma, "channel")} * ${at(4, dy, "i")};
return rate * (h - x5[own] - centred * rate * x5[${sets} + own]);`,
        });
      });
      return true;
    };

  return {
    batchNorm: forward(true),
    batchNormGrad: backward(true),
    groupNorm: forward(false),
    groupNormGrad: backward(false),
  };
}
