/**
 * Softmax and its logarithm along an axis, and the fused softmax cross-entropy with its gradient.
 *
 * A row belongs to R threads of one workgroup, which meet in trees for its largest element and for Σ e^(z − largest).
 */

import { type Kernel, type Operand, type Shape, sizeOf, stridesOf } from "@kronograd/tensor";
import {
  type AlongAxis,
  isFloat32,
  joinAxes,
  otherAxes,
  type SoftmaxCrossEntropyParams,
} from "@kronograd/tensor/kernel";
import { mathFunctions } from "../emit/math.ts";
import { reduce } from "../emit/reduce.ts";
import { powerOfTwo, rowFunctions } from "../emit/tree.ts";
import { walkText, walkUniforms } from "../emit/walk.ts";
import type { Kit, Uniform } from "../kit.ts";

interface Lanes {
  readonly name: string;
  readonly outputs: readonly Operand[];
  readonly inputs: readonly Operand[];
  readonly axis: number;
  /** Inputs and outputs that lie along the lanes, of the shape of input 0. */
  readonly along: readonly Operand[];
  readonly uniforms?: Readonly<Record<string, Uniform>>;
  /** Statements before the last pass, with `top`, `total` and `line`; and for each element, with `j`, `z` and places. */
  readonly before?: (outputs: readonly string[], inputs: readonly string[]) => string;
  readonly element: (outputs: readonly string[], inputs: readonly string[]) => string;
  readonly after?: (outputs: readonly string[], inputs: readonly string[]) => string;
}

function lanes(kit: Kit, call: Lanes): void {
  const { name, outputs, inputs, axis, along, uniforms = {} } = call;
  const { shape, offset } = inputs[0] as Operand;
  const n = shape[axis] as number;
  const count = sizeOf(shape) / Math.max(1, n);
  const others = otherAxes(shape, [axis]);
  const kept = joinAxes(
    others.map((a) => shape[a] as number),
    along.map(({ strides }) => others.map((a) => strides[a] as number)),
  );
  const own = joinAxes(
    [n],
    along.map(({ strides }) => [strides[axis] as number]),
  );
  const R = Math.min(256, powerOfTwo(n));
  const K = 256 / R;
  const all: Record<string, Uniform> = {
    rows: ["u32", count],
    length: ["u32", n],
    i0: ["i32", offset],
    ...walkUniforms("k", kept),
    ...walkUniforms("r", own),
    ...uniforms,
  };
  outputs.forEach((output, i) => {
    all[`o${i}`] = ["u32", output.offset];
  });
  kit.run({
    name: `${name} ${R} ${kept.counts.length} ${own.counts.length}`,
    outputs,
    inputs,
    uniforms: all,
    groups: Math.ceil(count / K),
    source: (to, from) => ({
      declarations: `${mathFunctions}${rowFunctions(R)}`,
      main: `
let r = thread % ${R}u;
let line = linear * ${K}u + thread / ${R}u;
let inside = line < u.rows;
${walkText("k", kept, "line")}
var top = bits_(0xff800000u);
for (var j = r; j < u.length && inside; j += ${R}u) {
  ${walkText("r", own, "j")}
  top = max_(top, ${from[0]}[u32(u.i0 + kat0 + rat0)]);
}
top = largest_(top, thread, r);
var total = 0.0;
for (var j = r; j < u.length && inside; j += ${R}u) {
  ${walkText("r", own, "j")}
  total += exp_(${from[0]}[u32(u.i0 + kat0 + rat0)] - top);
}
total = sum_(total, thread, r);
${call.before?.(to, from) ?? ""}
for (var j = r; j < u.length && inside; j += ${R}u) {
  ${walkText("r", own, "j")}
  let z = ${from[0]}[u32(u.i0 + kat0 + rat0)];
  ${call.element(to, from)}
}
${call.after?.(to, from) ?? ""}`,
    }),
  });
}

export function softmaxKernels(kit: Kit): Record<string, Kernel> {
  const along =
    (name: string, value: string): Kernel =>
    (outputs, inputs, { axis }: AlongAxis) => {
      const [x] = inputs as readonly [Operand];
      const [out] = outputs as readonly [Operand];
      if (!isFloat32(x)) return false;
      const element = ([to]: readonly string[]) => `${to}[u32(i32(u.o0) + kat1 + rat1)] = ${value};`;
      lanes(kit, { name, outputs, inputs, axis, along: [x, out], element });
      return true;
    };

  const weightOf = (shape: Shape, { reduction }: SoftmaxCrossEntropyParams) =>
    reduction === "mean" ? 1 / sizeOf(shape.slice(0, -1)) : 1;
  /** Labels as a walk of their own, and the smoothing. */
  const lossUniforms = (labels: Operand, { labelSmoothing }: SoftmaxCrossEntropyParams, classes: number) => {
    const walk = joinAxes(labels.shape, [labels.strides]);
    const uniforms: Record<string, Uniform> = {
      labels: ["i32", labels.offset],
      sure: ["f32", 1 - labelSmoothing],
      share: ["f32", labelSmoothing / classes],
      ...walkUniforms("l", walk),
    };
    return { walk, uniforms };
  };
  const labelText = (walk: ReturnType<typeof joinAxes>, labels: string | undefined) => `
${walkText("l", walk, "line")}
var label = 0;
if (inside) { label = ${labels}[u32(u.labels + lat0)]; }
let known = label >= 0 && label < i32(u.length);`;

  return {
    softmax: along("softmax", "exp_(z - top) / total"),
    logSoftmax: along("logSoftmax", "z - top - log_(total)"),

    softmaxCrossEntropy(outputs, inputs, params: SoftmaxCrossEntropyParams) {
      const [logits, labels] = inputs as readonly [Operand, Operand];
      if (!isFloat32(logits)) return false;
      const axis = logits.shape.length - 1;
      const rows = logits.shape.slice(0, -1);
      const { walk, uniforms } = lossUniforms(labels, params, logits.shape[axis] as number);
      kit.temporary("float32", [sizeOf(rows)], (losses) => {
        lanes(kit, {
          name: `crossEntropy ${walk.counts.length}`,
          outputs: [losses],
          inputs,
          axis,
          along: [logits],
          uniforms,
          before: (_, [, labelled]) => `${labelText(walk, labelled)}\nvar target_ = 0.0;`,
          element: () => "target_ += (select(0.0, u.sure, i32(j) == label) + u.share) * (z - top);",
          after: ([to]) => `
target_ = sum_(target_, thread, r);
if (inside && r == 0u) { ${to}[u.o0 + line] = select(bits_(0x7fc00000u), log_(total) - target_, known); }`,
        });
        reduce(kit, {
          name: "crossEntropy sum",
          outputs,
          inputs: [losses],
          axes: [0],
          type: "f32",
          initial: "0.0",
          element: (x = "") => x,
          combine: "a + b",
          uniforms: { weight: ["f32", weightOf(logits.shape, params)] },
          finish: ([to]) => `${to}[u.o0 + row] = a * u.weight;`,
        });
      });
      return true;
    },

    softmaxCrossEntropyGrad(outputs, inputs, params: SoftmaxCrossEntropyParams) {
      const [logits, labels, cotangent] = inputs as readonly [Operand, Operand, Operand];
      if (!isFloat32(logits, cotangent)) return false;
      const { shape } = logits;
      const axis = shape.length - 1;
      const { walk, uniforms } = lossUniforms(labels, params, shape[axis] as number);
      const out: Operand = { ...(outputs[0] as Operand), strides: stridesOf(shape) };
      lanes(kit, {
        name: `crossEntropyGrad ${walk.counts.length}`,
        outputs,
        inputs,
        axis,
        along: [logits, out],
        uniforms: { ...uniforms, weight: ["f32", weightOf(shape, params)], seed: ["u32", cotangent.offset] },
        before: (_, [, labelled, seed]) => `${labelText(walk, labelled)}\nlet weight = u.weight * ${seed}[u.seed];`,
        element: ([to]) => `
let target_ = select(0.0, u.sure, i32(j) == label) + u.share;
let value = weight * (exp_(z - top) / total - target_);
${to}[u32(i32(u.o0) + kat1 + rat1)] = select(bits_(0x7fc00000u), value, known);`,
      });
      return true;
    },
  };
}
