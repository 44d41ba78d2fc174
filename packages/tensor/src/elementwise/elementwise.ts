/**
 * `elementwise(name, expression)` makes an op out of an expression: shapes broadcast, the gradient comes from the
 * expression itself, and derivatives of any order follow because a gradient is again such an op.
 *
 * Fusion is explicit: one op is one pass over memory, on every backend, and nothing is fused behind the user's back.
 */

import { UsageError } from "../errors.ts";
import { run } from "../op/dispatch.ts";
import { type ComputeOp, type Differentiable, defineOp, type Spec, type Vjp } from "../op/op.ts";
import { type InputSample, sampled } from "../op/samples.ts";
import { sumTo } from "../ops/sum-broadcast.ts";
import { isFloat, promote } from "../tensor/dtype.ts";
import { broadcastShapes } from "../tensor/shape.ts";
import { differentiate } from "./differentiate.ts";
import { type Expression, isComparison, staysIntegral, topological } from "./expression.ts";
import { compile, interpret, type Program } from "./interpreter.ts";
import * as e from "./primitives.ts";

/** Values of an expression's named parameters. */
export type Scalars = Readonly<Record<string, number>>;

/** An op made from expressions: one output each. Backends emit `expressions`; `family` is how they find such ops. */
export interface ElementwiseOp extends ComputeOp<Scalars> {
  readonly family: "elementwise";
  readonly expressions: readonly Expression[];
  readonly arity: number;
  /** As it was defined; the random tests read it. */
  readonly options: ElementwiseOptions;
  /** Names of the expressions' parameters. */
  readonly parameters: readonly string[];
}

/** Options of a definition. */
export interface ElementwiseOptions {
  /** Range of each input in the random tests, where [-2, 2] does not do (a logarithm). */
  readonly ranges?: readonly (readonly [number, number])[];
  /** Inputs that are whole numbers (truth values, labels) in the random tests. */
  readonly int32?: readonly number[];
  /** Parameter values in the random tests, where 0.5 does not do. */
  readonly parameters?: Scalars;
  /** Keep random inputs apart, for functions with a kink. */
  readonly distinct?: boolean;
  /** Why there is no gradient (an in-place update, a comparison). */
  readonly noVjp?: string;
}

type Build = (...inputs: Expression[]) => Expression | readonly Expression[];

/**
 * Define an elementwise op from an expression of its inputs.
 *
 * @param build  gets one expression per input and joins them with the words of `@kronograd/tensor/expression`;
 *   several results make several outputs
 * @cost one pass over memory, forward and for each input's gradient
 * @example
 * const swish = elementwise("swish", (x) => e.mul(x, e.sigmoid(e.mul(e.parameter("beta"), x))));
 * run(swish, [x], { beta: 1.5 });
 */
export function elementwise(name: string, build: Build, options: ElementwiseOptions = {}): ElementwiseOp {
  const arity = build.length;
  const inputs = Array.from({ length: arity }, (_, i) => e.input(i));
  const built = build(...inputs);
  const expressions = Array.isArray(built) ? (built as readonly Expression[]) : [built as Expression];
  return defineOp(elementwiseOp(name, arity, expressions, options)) as ElementwiseOp;
}

function elementwiseOp(
  name: string,
  arity: number,
  expressions: readonly Expression[],
  options: ElementwiseOptions,
): ElementwiseOp & Differentiable {
  const root = expressions[0] as Expression;
  const noVjp = options.noVjp ?? (expressions.length > 1 ? "an in-place update of several tensors" : undefined);
  const parameters = topological(expressions).flatMap((x) => (x.op === "parameter" ? [x.name] : []));
  let program: Program | undefined;
  return {
    name,
    family: "elementwise",
    arity,
    expressions,
    options,
    parameters,
    shape(specs, scalars) {
      for (const parameter of parameters) checkScalar(name, parameter, scalars[parameter]);
      return outputSpecs(name, expressions, specs);
    },
    reference(outputs, operands, scalars) {
      program ??= compile(expressions);
      interpret(program, outputs, operands, scalars);
    },
    ...(noVjp === undefined ? { vjp: derive(name, arity, root) } : { noVjp }),
  };
}

function checkScalar(where: string, name: string, value: number | undefined): void {
  if (typeof value === "number") return;
  throw new UsageError({
    where,
    problem: `parameter "${name}" is missing`,
    expected: "a number",
    got: value,
  });
}

function outputSpecs(name: string, expressions: readonly Expression[], specs: readonly Spec[]): Spec[] {
  const shape = broadcastShapes(
    name,
    specs.map((spec) => spec.shape),
  );
  const joined = promote(name, specs);
  return expressions.map((root) => {
    if (isComparison(root)) return { shape, dtype: "int32" };
    return { shape, dtype: isFloat(joined) || staysIntegral(root) ? joined : "float32" };
  });
}

/** The gradient with respect to each input is itself an elementwise op. */
function derive(name: string, arity: number, root: Expression): Vjp<Scalars> {
  const rules: (GradientRule | null)[] = [];
  const rule = (index: number) => {
    if (rules[index] === undefined) rules[index] = gradientRule(name, arity, root, index);
    return rules[index] as GradientRule | null;
  };
  const reads = (needs: readonly boolean[]) =>
    new Set(needs.flatMap((need, i) => (need ? (rule(i)?.reads ?? []) : [])));
  return {
    saveInputs: (_, needs) => [...reads(needs)].filter((i) => i < arity),
    saveOutputs: (_, needs) => (reads(needs).has(arity) ? [0] : []),
    pull([cotangent], saved, scalars) {
      return saved.needs.map((need, i) => {
        const made = need ? rule(i) : null;
        if (made === null || cotangent === null || cotangent === undefined) return null;
        const operands = made.reads.map((input) => (input === arity ? saved.output(0) : saved.input(input)));
        const identity = made.op.expressions[0]?.op === "input";
        const full = identity ? cotangent : run(made.op, [cotangent, ...operands], scalars);
        return sumTo(full, (saved.specs[i] as Spec).shape);
      });
    },
  };
}

/** An op of the cotangent and of what the slope reads: inputs by number, and the output as number `arity`. */
interface GradientRule {
  readonly op: ElementwiseOp;
  readonly reads: readonly number[];
}

function gradientRule(name: string, arity: number, root: Expression, index: number): GradientRule | null {
  const slope = differentiate(root, index);
  if (slope === null) return null;
  const reads: number[] = [];
  const operand = (number: number): Expression => {
    if (!reads.includes(number)) reads.push(number);
    return e.input(1 + reads.indexOf(number));
  };
  const rebuilt = new Map<Expression, Expression>();
  const rebuild = (x: Expression): Expression => {
    const known = rebuilt.get(x);
    if (known !== undefined) return known;
    const made =
      x.op === "input" ? operand(x.value) : x === root ? operand(arity) : { ...x, args: x.args.map(rebuild) };
    rebuilt.set(x, made);
    return made;
  };
  const expression = e.mul(e.input(0), rebuild(slope));
  return { op: elementwiseOp(`${name}.d${index}`, 1 + reads.length, [expression], {}), reads };
}

// Shapes that broadcast against each other.
/* @__PURE__ */ sampled<Scalars, ElementwiseOp>("elementwise", (rng, { arity, options, parameters }) => {
  const { ranges, int32, distinct } = options;
  const full = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(4));
  const inputs = Array.from({ length: arity }, (_, i): InputSample => {
    const kept = arity === 1 ? full : full.slice(rng.integer(2) * rng.integer(full.length + 1));
    return {
      shape: kept.map((n) => (arity > 1 && rng.integer(4) === 0 ? 1 : n)),
      ...(ranges?.[i] === undefined ? {} : { range: ranges[i] }),
      ...(int32?.includes(i) ? { dtype: "int32" } : {}),
      ...(distinct === true ? { distinct } : {}),
    };
  });
  const params = Object.fromEntries(parameters.map((name) => [name, 0.5]));
  return { inputs, params: { ...params, ...options.parameters } };
});
