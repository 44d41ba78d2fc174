/**
 * The kernel of all elementwise ops: each expression becomes one program for each way its operands lie, and one pass.
 *
 * A thread makes one element. Nodes that no input reaches are computed once, on the host in float64, and come as uniforms.
 * Where NaN decides (comparisons, conditions, x − x), bits are asked, because a compiler may take it that there is none.
 * sin, cos and pow are left to the reference (WGSL's are too rough), and so is integer arithmetic that may leave 32 bits.
 */

import type { ElementwiseOp, Expression, Kernel, Operand } from "@kronograd/tensor";
import { sizeOf } from "@kronograd/tensor";
import { broadcastWalk, evaluate, type Plan, planOf } from "@kronograd/tensor/kernel";
import { mathFunctions } from "../emit/math.ts";
import { walkText, walkUniforms } from "../emit/walk.ts";
import type { Call, Kit, Uniform } from "../kit.ts";

const floats: Readonly<Record<string, (...args: string[]) => string>> = {
  add: (x, y) => `${x} + ${y}`,
  sub: (x, y) => `${x} - ${y}`,
  mul: (x, y) => `${x} * ${y}`,
  div: (x, y) => `${x} / ${y}`,
  neg: (x) => `-${x}`,
  abs: (x) => `abs(${x})`,
  sign: (x) => `sign_(${x})`,
  sqrt: (x) => `sqrt(${x})`,
  square: (x) => `${x} * ${x}`,
  floor: (x) => `floor(${x})`,
  max: (x, y) => `max_(${x}, ${y})`,
  min: (x, y) => `min_(${x}, ${y})`,
  exp: (x) => `exp_(${x})`,
  expm1: (x) => `expm1_(${x})`,
  log: (x) => `log_(${x})`,
  log1p: (x) => `log1p_(${x})`,
  tanh: (x) => `tanh_(${x})`,
  sigmoid: (x) => `sigmoid_(${x})`,
  softplus: (x) => `softplus_(${x})`,
  erf: (x) => `erf_(${x})`,
};
const integers: Readonly<Record<string, (...args: string[]) => string>> = {
  add: (x, y) => `${x} + ${y}`,
  sub: (x, y) => `${x} - ${y}`,
  neg: (x) => `-${x}`,
  abs: (x) => `abs(${x})`,
  sign: (x) => `sign(${x})`,
  floor: (x) => x as string,
  max: (x, y) => `max(${x}, ${y})`,
  min: (x, y) => `min(${x}, ${y})`,
};
const comparisons: Readonly<Record<string, string>> = { greater: ">", greaterEqual: ">=", equal: "==" };

/** A plan with a number, which names its programs. */
interface NumberedPlan extends Plan {
  readonly id: number;
}

/** Run expressions over operands that broadcast to the outputs' shape; false where a primitive or dtype is missing. */
export type RunExpressions = (
  expressions: readonly Expression[],
  outputs: readonly Operand[],
  inputs: readonly Operand[],
  parameters: Readonly<Record<string, number>>,
) => boolean;

export function createElementwise(kit: Kit): RunExpressions {
  const plans = new WeakMap<readonly Expression[], NumberedPlan>();
  let made = 0;
  return (expressions, outputs, inputs, parameters) => {
    let plan = plans.get(expressions);
    if (plan === undefined) {
      made += 1;
      plan = { ...planOf(expressions), id: made };
      plans.set(expressions, plan);
    }
    const used = plan.inputs.map((i) => inputs[i] as Operand);
    const isInteger = outputs.every(({ dtype }) => dtype === "int32") && used.every(({ dtype }) => dtype === "int32");
    if (!supports(plan, isInteger, outputs)) return false;
    const { shape } = outputs[0] as Operand;
    const size = sizeOf(shape);
    if (size === 0) return true;
    const type = isInteger ? "i32" : "f32";
    const walk = broadcastWalk(shape, used);
    const uniforms: Record<string, Uniform> = { size: ["u32", size] };
    outputs.forEach(({ offset }, i) => {
      uniforms[`o${i}`] = ["u32", offset];
    });
    used.forEach(({ offset }, i) => {
      uniforms[`i${i}`] = ["i32", offset];
    });
    Object.assign(uniforms, walkUniforms("", walk));
    const values = plan.uniforms.map((x) => evaluate(x, parameters));
    // constants that WGSL has no text for come as uniforms too
    values.forEach((value, i) => {
      uniforms[`p${i}`] = [type, value];
    });
    if (Object.keys(uniforms).length > 128) return false;
    const own = plan;
    const call: Call = {
      name: `elementwise ${own.id} ${type} ${walk.counts.length}`,
      outputs,
      inputs: used,
      uniforms,
      groups: Math.ceil(size / 256),
      source: (to, from) => ({
        declarations: isInteger ? "" : mathFunctions,
        main: [
          "let i = linear * 256u + thread;",
          "if (i >= u.size) { return; }",
          walkText("", walk, "i"),
          emit(own, type, (k) => {
            const place = own.inputs.indexOf(k);
            const value = `${from[place]}[u32(u.i${place} + at${place})]`;
            return used[place]?.dtype === "int32" && !isInteger ? `f32(${value})` : value;
          }),
          ...expressions.map((_, k) => {
            const isWhole = (outputs[k] as Operand).dtype === "int32";
            const value = `r${k}`;
            return `${to[k]}[u.o${k} + i] = ${isWhole && !isInteger ? `i32(${value})` : value};`;
          }),
        ].join("\n"),
      }),
    };
    kit.run(call);
    return true;
  };
}

export function elementwiseKernels(runExpressions: RunExpressions): Record<string, Kernel> {
  return {
    elementwise: (outputs, inputs, parameters, op) =>
      runExpressions((op as unknown as ElementwiseOp).expressions, outputs, inputs, parameters),
  };
}

function supports({ roots, nodes }: Plan, isInteger: boolean, outputs: readonly Operand[]): boolean {
  // a whole number made of floats is a comparison; anything else would be rounded
  if (
    !isInteger &&
    outputs.some(({ dtype }, i) => dtype === "int32" && !((roots[i] as Expression).op in comparisons))
  ) {
    return false;
  }
  const table = isInteger ? integers : floats;
  return nodes.every((x) => x.op === "input" || x.op === "select" || x.op in comparisons || x.op in table);
}

/** Statements that leave the roots' values in r0, r1 …; truth values are bool until somebody counts with them. */
function emit({ roots, nodes, uniforms }: Plan, type: "f32" | "i32", input: (index: number) => string): string {
  const lines: string[] = [];
  const names = new Map<Expression, { name: string; isTruth: boolean }>();
  uniforms.forEach((x, i) => {
    names.set(x, { name: `u.p${i}`, isTruth: false });
  });
  const number = (x: Expression): string => {
    const { name, isTruth } = names.get(x) as { name: string; isTruth: boolean };
    return isTruth ? `${type}(${name})` : name;
  };
  const truth = (x: Expression): string => {
    const { name, isTruth } = names.get(x) as { name: string; isTruth: boolean };
    if (isTruth) return name;
    return type === "i32" ? `(${name} != 0i)` : `(nan_(${name}) || ${name} != 0.0)`;
  };
  const table = type === "i32" ? integers : floats;
  let count = 0;
  for (const x of nodes) {
    const name = `v${count}`;
    count += 1;
    const comparison = comparisons[x.op];
    const args = x.args.map(number);
    let text: string;
    if (x.op === "input") text = input(x.value);
    else if (comparison !== undefined) text = compare(args[0] as string, comparison, args[1] as string, type);
    else if (x.op === "sub" && x.args[0] === x.args[1] && type === "f32") text = `nothing_(${args[0]})`;
    else if (x.op === "select") text = `select(${args[2]}, ${args[1]}, ${truth(x.args[0] as Expression)})`;
    else text = (table[x.op] as (...operands: string[]) => string)(...args);
    lines.push(`let ${name} = ${text};`);
    names.set(x, { name, isTruth: comparison !== undefined });
  }
  roots.forEach((root, k) => {
    lines.push(`let r${k} = ${number(root)};`);
  });
  return lines.join("\n");
}

/** A comparison, which is false for NaN. */
function compare(x: string, relation: string, y: string, type: "f32" | "i32"): string {
  return type === "i32" ? `${x} ${relation} ${y}` : `${x} ${relation} ${y} && !nan_(${x}) && !nan_(${y})`;
}
