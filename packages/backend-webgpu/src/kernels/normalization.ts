/**
 * Batch and group normalisation and their gradients (layer normalisation is a group of its own kind).
 *
 * A workgroup has one set: it goes through the set for the mean, for the variance around that mean, and to write. The sums
 * of γ's and β's gradients are those of the set where a set is a channel, and a pass of their own where it is not.
 */

import { isContiguous, type Kernel, type Operand, type Shape } from "@kronograd/tensor";
import { isFloat32, type Normalization, normalizationView } from "@kronograd/tensor/kernel";
import { mathFunctions } from "../emit/math.ts";
import { rowFunctions } from "../emit/tree.ts";
import type { Kit, Uniform } from "../kit.ts";

/** Uniforms of the view [N, K, C, S]: positions, channels in all and in a group, the size of a set. */
function uniformsOf(x: Shape, { groups, epsilon }: Normalization, overBatch: boolean) {
  const { shape, channels, sets, setSize } = normalizationView(x, groups, overBatch);
  const [N, K, C, S] = shape;
  const uniforms: Record<string, Uniform> = {
    batch: ["u32", N],
    channels: ["u32", channels],
    groups: ["u32", K],
    inGroup: ["u32", C],
    positions: ["u32", S],
    count: ["u32", setSize],
    share: ["f32", 1 / setSize],
    epsilon: ["f32", epsilon],
  };
  return { uniforms, sets, channels };
}

/** Declares `at` and `channel` of element j of set `linear`. */
const element = (overBatch: boolean) =>
  overBatch
    ? "let channel = linear; let at = (j / u.positions * u.channels + linear) * u.positions + j % u.positions;"
    : "let channel = linear % u.groups * u.inGroup + j / u.positions; let at = linear * u.count + j;";
const loop = (overBatch: boolean, body: string) =>
  `for (var j = thread; j < u.count; j += 256u) { ${element(overBatch)} ${body} }`;

const offsets = (outputs: readonly Operand[], inputs: readonly Operand[]): Record<string, Uniform> =>
  Object.fromEntries([
    ...outputs.map(({ offset }, i): [string, Uniform] => [`o${i}`, ["u32", offset]]),
    ...inputs.map(({ offset }, i): [string, Uniform] => [`i${i}`, ["u32", offset]]),
  ]);

export function normalizationKernels(kit: Kit, copy: Kernel): Record<string, Kernel> {
  /** Row-major copies of what does not lie so. */
  const dense = (operands: readonly Operand[], body: (operands: readonly Operand[]) => void): void => {
    const index = operands.findIndex((operand) => !isContiguous(operand));
    if (index < 0) {
      body(operands);
      return;
    }
    const source = operands[index] as Operand;
    kit.temporary("float32", source.shape, (target) => {
      copy([target], [source], {}, { name: "copy" });
      dense(operands.with(index, target), body);
    });
  };

  const forward =
    (name: string, overBatch: boolean): Kernel =>
    (outputs, given, params: Normalization) => {
      if (!isFloat32(...given)) return false;
      const { uniforms, sets } = uniformsOf((given[0] as Operand).shape, params, overBatch);
      dense(given, (inputs) => {
        kit.run({
          name,
          outputs,
          inputs,
          uniforms: { ...uniforms, ...offsets(outputs, inputs) },
          groups: sets,
          source: ([y, means, variances], [x, gamma, beta]) => ({
            declarations: `${mathFunctions}${rowFunctions(256)}`,
            main: `
if (linear >= ${overBatch ? "u.channels" : "u.batch * u.groups"}) { return; }
var total = 0.0;
${loop(overBatch, `total += ${x}[u.i0 + at];`)}
let mean = sum_(total, thread, thread) * u.share;
total = 0.0;
${loop(overBatch, `let d = ${x}[u.i0 + at] - mean; total += d * d;`)}
let variance = sum_(total, thread, thread) * u.share;
let rate = 1.0 / sqrt(variance + u.epsilon);
${loop(overBatch, `${y}[u.o0 + at] = (${x}[u.i0 + at] - mean) * rate * ${gamma}[u.i1 + channel] + ${beta}[u.i2 + channel];`)}
if (thread == 0u) { ${means}[u.o1 + linear] = mean; ${variances}[u.o2 + linear] = variance; }`,
          }),
        });
      });
      return true;
    };

  const backward =
    (name: string, overBatch: boolean): Kernel =>
    (outputs, given, params: Normalization) => {
      if (!isFloat32(...given)) return false;
      const { uniforms, sets, channels } = uniformsOf((given[0] as Operand).shape, params, overBatch);
      dense(given, (inputs) => {
        const all = { ...uniforms, ...offsets(outputs, inputs) };
        kit.run({
          name,
          outputs,
          inputs,
          uniforms: all,
          groups: sets,
          source: ([dx, dgamma, dbeta], [x, gamma, means, variances, dy]) => ({
            declarations: `${mathFunctions}${rowFunctions(256)}`,
            main: `
if (linear >= ${overBatch ? "u.channels" : "u.batch * u.groups"}) { return; }
let mean = ${means}[u.i2 + linear];
let rate = 1.0 / sqrt(${variances}[u.i3 + linear] + u.epsilon);
var plain = 0.0;
var weighted = 0.0;
${loop(overBatch, `let h = ${dy}[u.i4 + at] * ${overBatch ? "1.0" : `${gamma}[u.i1 + channel]`}; plain += h; weighted += h * (${x}[u.i0 + at] - mean);`)}
plain = sum_(plain, thread, thread);
weighted = sum_(weighted, thread, thread) * rate;
${overBatch ? `if (thread == 0u) { ${dgamma}[u.o1 + linear] = weighted; ${dbeta}[u.o2 + linear] = plain; }\nlet scale = ${gamma}[u.i1 + linear];` : "let scale = 1.0;"}
${loop(
  overBatch,
  `let normalised = (${x}[u.i0 + at] - mean) * rate;
   ${dx}[u.o0 + at] = rate * (${gamma}[u.i1 + channel] * ${dy}[u.i4 + at] - scale * (plain + normalised * weighted) * u.share);`,
)}`,
          }),
        });
        if (overBatch) return;
        kit.run({
          name: `${name} affine`,
          outputs,
          inputs,
          uniforms: all,
          groups: channels,
          source: ([, dgamma, dbeta], [x, , means, variances, dy]) => ({
            declarations: `${mathFunctions}${rowFunctions(256)}`,
            main: `
if (linear >= u.channels) { return; }
var plain = 0.0;
var weighted = 0.0;
for (var j = thread; j < u.batch * u.positions; j += 256u) {
  let image = j / u.positions;
  let own = image * u.groups + linear / u.inGroup;
  let at = (image * u.channels + linear) * u.positions + j % u.positions;
  plain += ${dy}[u.i4 + at];
  weighted += ${dy}[u.i4 + at] * (${x}[u.i0 + at] - ${means}[u.i2 + own]) / sqrt(${variances}[u.i3 + own] + u.epsilon);
}
plain = sum_(plain, thread, thread);
weighted = sum_(weighted, thread, thread);
if (thread == 0u) { ${dgamma}[u.o1 + linear] = weighted; ${dbeta}[u.o2 + linear] = plain; }`,
          }),
        });
      });
      return true;
    };

  return {
    batchNorm: forward("batchNorm", true),
    batchNormGrad: backward("batchNormGrad", true),
    groupNorm: forward("groupNorm", false),
    groupNormGrad: backward("groupNormGrad", false),
  };
}
