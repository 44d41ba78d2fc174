/**
 * The kernel of all elementwise ops: each expression becomes a JavaScript function of one element, in one pass.
 *
 * Nodes that no input reaches are computed once, on the host in float64, and come as arguments. sin, cos and pow are left to
 * the reference (GLSL's are too rough), and so is whole-number arithmetic whose results floats might not hold.
 */

import type { ElementwiseOp, Expression, Kernel, Operand } from "@kronograd/tensor";
import { sizeOf } from "@kronograd/tensor";
import { evaluate, type Plan, planOf } from "@kronograd/tensor/kernel";
import { elementOf } from "../emit/layout.ts";
import { blockOf, exact, type Kit } from "../kit.ts";

/** Words as JavaScript, and the names of functions of `math.ts`. */
const infix: Readonly<Record<string, string>> = { add: "+", sub: "-", mul: "*" };
const calls: Readonly<Record<string, string>> = {
  div: "quotientOf",
  abs: "absOf",
  sign: "signOf",
  sqrt: "sqrtOf",
  floor: "floorOf",
  max: "maxOf",
  min: "minOf",
  exp: "expOf",
  expm1: "expm1Of",
  log: "logOf",
  log1p: "log1pOf",
  tanh: "tanhOf",
  sigmoid: "sigmoidOf",
  softplus: "softplusOf",
  erf: "erfOf",
  greater: "greaterOf",
  greaterEqual: "greaterEqualOf",
  equal: "equalOf",
  select: "choose",
};
const comparisons = new Set(["greater", "greaterEqual", "equal"]);

const plans = new WeakMap<readonly Expression[], Plan>();

export function elementwiseKernels(kit: Kit): Record<string, Kernel> {
  return {
    elementwise(outputs, inputs, parameters, op) {
      const { expressions } = op as unknown as ElementwiseOp;
      let plan = plans.get(expressions);
      if (plan === undefined) {
        plan = planOf(expressions);
        plans.set(expressions, plan);
      }
      if (!plan.nodes.every(isKnown) || plan.uniforms.length > 64 || plan.inputs.length > 12) return false;
      const bounds = outputs.map(({ dtype }, k) =>
        dtype === "int32" ? mostOf(expressions[k] as Expression, inputs, parameters) : 0,
      );
      const most = Math.max(...bounds);
      if (most > exact) return false;
      const { shape } = outputs[0] as Operand;
      if (sizeOf(shape) === 0) return true;
      const { uniforms, inputs: used } = plan;
      const own = plan;
      kit.run({
        outputs,
        most,
        inputs: used.map((j) => inputs[j] as Operand),
        numbers: Object.fromEntries(uniforms.map((x, n) => [`p${n}_`, evaluate(x, parameters)])),
        text: (k) =>
          emit(own, expressions[k] as Expression, (j) => {
            const place = used.indexOf(j);
            return `x${place}[at${place} + ${elementOf("i", inputs[j] as Operand, shape)}]`;
          }),
      });
      return true;
    },
  };
}

/** How large a whole number can be in magnitude; Infinity where it, or one on the way, might be none or not be exact. */
export function mostOf(
  x: Expression,
  inputs: readonly Operand[],
  parameters: Readonly<Record<string, number>>,
): number {
  const own = x.args.map((argument) => mostOf(argument, inputs, parameters));
  const [a = 0, b = 0, c = 0] = own;
  const most = () => {
    if (comparisons.has(x.op)) return 1;
    if (x.op === "input")
      return (inputs[x.value] as Operand).dtype === "int32" ? blockOf(inputs[x.value] as Operand).most : Infinity;
    if (x.op === "constant" || x.op === "parameter") {
      const value = evaluate(x, parameters);
      return Number.isInteger(value) ? Math.abs(value) : Infinity;
    }
    if (x.op === "add" || x.op === "sub") return a + b;
    if (x.op === "max" || x.op === "min") return Math.max(a, b);
    if (x.op === "select") return Math.max(b, c);
    return x.op === "abs" ? a : Infinity;
  };
  const value = most();
  return value > exact ? Infinity : value;
}

const isKnown = ({ op }: Expression) => op === "input" || op === "neg" || op === "square" || op in infix || op in calls;

/** Statements that return the root's value; what the root does not need is left out. */
function emit({ nodes, uniforms }: Plan, root: Expression, input: (index: number) => string): string {
  const names = new Map<Expression, string>(uniforms.map((x, n) => [x, `p${n}_`]));
  const needed = new Set<Expression>();
  const mark = (x: Expression): void => {
    if (needed.has(x)) return;
    needed.add(x);
    x.args.forEach(mark);
  };
  mark(root);
  const lines: string[] = [];
  for (const x of nodes) {
    if (!needed.has(x)) continue;
    const name = `v${lines.length}`;
    const [a, b] = x.args.map((argument) => names.get(argument) as string);
    let text = `${calls[x.op]}(${x.args.map((argument) => names.get(argument)).join(", ")})`;
    if (x.op === "input") text = input(x.value);
    else if (x.op === "neg") text = `-${a}`;
    else if (x.op === "square") text = `${a} * ${a}`;
    else if (x.op in infix) text = `${a} ${infix[x.op]} ${b}`;
    lines.push(`const ${name} = ${text};`);
    names.set(x, name);
  }
  return `${lines.join("\n")}\nreturn ${names.get(root)};`;
}
