/**
 * An expression taken apart for a kernel: what depends on elements is computed for each of them, what does not (a constant,
 * 1 − a parameter) once a call, on the host in float64.
 */

import { type Expression, topological } from "../elementwise/expression.ts";

/** The parts of some expressions that are computed together. */
export interface Plan {
  readonly roots: readonly Expression[];
  /** Nodes that an input reaches, arguments before their users. */
  readonly nodes: readonly Expression[];
  /** Nodes that no input reaches and that others of `nodes` read, or that are roots: constants, parameters and what is made of them. */
  readonly uniforms: readonly Expression[];
  /** Numbers of the inputs that occur, ascending. */
  readonly inputs: readonly number[];
}

/** Take expressions apart. */
export function planOf(roots: readonly Expression[]): Plan {
  const all = topological(roots);
  const varying = new Set<Expression>();
  for (const x of all) if (x.op === "input" || x.args.some((argument) => varying.has(argument))) varying.add(x);
  const nodes = all.filter((x) => varying.has(x));
  const read = new Set([...roots, ...nodes.flatMap(({ args }) => args)]);
  const inputs = new Set(nodes.flatMap(({ op, value }) => (op === "input" ? [value] : [])));
  return {
    roots,
    nodes,
    uniforms: all.filter((x) => !varying.has(x) && read.has(x)),
    inputs: [...inputs].sort((a, b) => a - b),
  };
}

const registers = /* @__PURE__ */ Array.from({ length: 4 }, () => new Float64Array(1));

/** The value, in float64, of a node that no input reaches: its primitive's own loop over one element. */
export function evaluate(x: Expression, parameters: Readonly<Record<string, number>>): number {
  if (x.op === "constant") return x.value;
  if (x.op === "parameter") return parameters[x.name] as number;
  const values = x.args.map((argument) => evaluate(argument, parameters));
  const [out, a, b, c] = registers as [Float64Array, Float64Array, Float64Array, Float64Array];
  [a[0], b[0], c[0]] = [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0];
  x.primitive?.loop(1, out, a, b, c);
  return out[0] as number;
}
