/**
 * `elementwise(name, expression)` makes an op out of an expression: shapes broadcast, the gradient comes from the
 * expression itself, and derivatives of any order follow because a gradient is again such an op.
 *
 * Fusion is explicit: one op is one pass over memory, on every backend, and nothing is fused behind the user's back.
 * `cpu` interprets a chunk of 1024 elements at a time: one register for each node, one tight loop for each primitive.
 */

import type { HostOperand } from "./backend.ts";
import { promote, type TypedArray } from "./dtype.ts";
import { differentiate, e, evaluatePrimitive, type Expression, inputsOf, isComparison, staysIntegral, substitute, topological } from "./expression.ts";
import { type ComputeOp, defineOp, type InputSample, run, type Spec, type Vjp } from "./op.ts";
import type { Rng } from "./rng.ts";
import { broadcastShapes, broadcastStrides, isContiguous, type Layout, sizeOf } from "./shape.ts";
import { sumTo } from "./ops/sum.ts";

/** Values of an expression's named parameters. */
export type Scalars = Readonly<Record<string, number>>;

/** An op made from expressions: one output each. Backends emit `expressions`; `family` is how they find such ops. */
export interface ElementwiseOp extends ComputeOp<Scalars> {
  readonly family: "elementwise";
  readonly expressions: readonly Expression[];
  readonly arity: number;
}

export interface ElementwiseOptions {
  /** Range of each input in the random tests, where [-2, 2] does not do (a logarithm). */
  readonly ranges?: readonly (readonly [number, number])[];
  /** Parameter values in the random tests. */
  readonly parameters?: Scalars;
  /** Keep random inputs apart, for functions with a kink. */
  readonly distinct?: boolean;
  /** Why there is no gradient (an in-place update, a comparison). */
  readonly noVjp?: string;
}

type Build = (vocabulary: typeof e, ...inputs: Expression[]) => Expression | readonly Expression[];

/**
 * Define an elementwise op from an expression of its inputs.
 *
 * @param build  gets the vocabulary and one expression per input; several results make several outputs
 * @cost one pass over memory, forward and for each input's gradient
 * @example
 * const swish = elementwise("swish", (e, x) => e.mul(x, e.sigmoid(e.mul(e.parameter("beta"), x))), { parameters: { beta: 1 } });
 * run(swish, [x], { beta: 1.5 });
 */
export function elementwise(name: string, build: Build, options: ElementwiseOptions = {}): ElementwiseOp {
  const arity = build.length - 1;
  const inputs = Array.from({ length: arity }, (_, i) => e.input(i));
  const built = build(e, ...inputs);
  const expressions = Array.isArray(built) ? (built as readonly Expression[]) : [built as Expression];
  return defineOp(elementwiseOp(name, arity, expressions, options)) as ElementwiseOp;
}

function elementwiseOp(name: string, arity: number, expressions: readonly Expression[], options: ElementwiseOptions): ElementwiseOp {
  const root = expressions[0] as Expression;
  const noVjp = options.noVjp ?? (expressions.length > 1 ? "an in-place update of several tensors" : undefined);
  const program = compile(expressions);
  return {
    name,
    family: "elementwise",
    arity,
    expressions,
    shape: (specs) => outputSpecs(name, expressions, specs),
    reference: (outputs, operands, scalars) => interpret(program, outputs, operands, scalars),
    ...(noVjp === undefined ? { vjp: derive(name, arity, root) } : { noVjp }),
    samples: (rng) => randomSample(rng, arity, options),
  };
}

function outputSpecs(name: string, expressions: readonly Expression[], specs: readonly Spec[]): Spec[] {
  const shape = broadcastShapes(name, specs.map((spec) => spec.shape));
  const joined = promote(name, specs.map((spec) => spec.dtype));
  return expressions.map((root) => {
    if (isComparison(root)) return { shape, dtype: "int32" };
    return { shape, dtype: joined === "int32" && !staysIntegral(root) ? "float32" : joined };
  });
}

/** The gradient with respect to each input is itself an elementwise op of (cotangent, inputs it reads, output if it reads that). */
function derive(name: string, arity: number, root: Expression): Vjp<Scalars> {
  const rules = new Map<number, { op: ElementwiseOp; reads: number[]; readsOutput: boolean } | null>();
  const rule = (index: number) => {
    const known = rules.get(index);
    if (known !== undefined) return known;
    const slope = differentiate(root, index);
    if (slope === null) {
      rules.set(index, null);
      return null;
    }
    const withOutput = root.op === "input" ? slope : substitute(slope, new Map([[root, e.input(arity)]]));
    const used = inputsOf(withOutput);
    const renumber = new Map<Expression, Expression>();
    for (const x of topological([withOutput])) if (x.op === "input") renumber.set(x, e.input(1 + used.indexOf(x.value)));
    const expression = e.mul(e.input(0), substitute(withOutput, renumber));
    const op = elementwiseOp(`${name}.d${index}`, 1 + used.length, [expression], {});
    const made = { op, reads: used.filter((i) => i < arity), readsOutput: used.includes(arity) };
    rules.set(index, made);
    return made;
  };
  const needed = (needs: readonly boolean[]) => needs.flatMap((need, i) => (need ? [rule(i)] : [])).filter((r) => r !== null);
  return {
    saveInputs: (_, needs) => [...new Set(needed(needs).flatMap((r) => r.reads))],
    saveOutputs: (_, needs) => (needed(needs).some((r) => r.readsOutput) ? [0] : []),
    pull([cotangent], saved, scalars) {
      return saved.needs.map((need, i) => {
        const made = need ? rule(i) : null;
        if (made === null || cotangent === null || cotangent === undefined) return null;
        const operands = made.reads.map((input) => saved.input(input));
        if (made.readsOutput) operands.push(saved.output(0));
        const identity = made.op.expressions[0]?.op === "input";
        const full = identity ? cotangent : run(made.op, [cotangent, ...operands], scalars);
        return sumTo(full, (saved.specs[i] as Spec).shape);
      });
    },
  };
}

function randomSample(rng: Rng, arity: number, options: ElementwiseOptions) {
  const full = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(4));
  const inputs: InputSample[] = Array.from({ length: arity }, (_, i) => {
    const kept = arity === 1 ? full : full.slice(rng.integer(2) * rng.integer(full.length + 1));
    const shape = kept.map((n) => (arity > 1 && rng.integer(4) === 0 ? 1 : n));
    const range = options.ranges?.[i];
    return { shape, ...(range === undefined ? {} : { range }), ...(options.distinct === true ? { distinct: true } : {}) };
  });
  return { inputs, params: options.parameters ?? {} };
}

// ---- interpreter ------------------------------------------------------------------------------------------------

const chunkSize = 1024;

interface Program {
  readonly order: readonly Expression[];
  /** For each node, the places of its arguments in `order`. */
  readonly argumentsOf: readonly (readonly number[])[];
  readonly results: readonly number[];
}

function compile(roots: readonly Expression[]): Program {
  const order = topological(roots);
  const place = new Map(order.map((x, i) => [x, i]));
  const placeOf = (x: Expression) => place.get(x) as number;
  return { order, argumentsOf: order.map((x) => x.args.map(placeOf)), results: roots.map(placeOf) };
}

/** One register a node, shared by all programs: an op finishes before the next starts. */
const registers: Float64Array[] = [];

function interpret(program: Program, outputs: readonly HostOperand[], inputs: readonly HostOperand[], scalars: Scalars): void {
  const { order, argumentsOf, results } = program;
  const first = outputs[0] as HostOperand;
  const size = sizeOf(first.shape);
  const views = inputs.map((input) => ({ ...input, strides: broadcastStrides(input, first.shape), shape: first.shape }));
  const flat = views.map(isContiguous);
  while (registers.length < order.length) registers.push(new Float64Array(chunkSize));
  const args = argumentsOf.map((places) => places.map((i) => registers[i] as Float64Array));
  order.forEach((x, i) => {
    if (x.op === "constant") registers[i]?.fill(x.value, 0, Math.min(size, chunkSize));
    else if (x.op === "parameter") registers[i]?.fill(scalars[x.name] as number, 0, Math.min(size, chunkSize));
  });
  for (let start = 0; start < size; start += chunkSize) {
    const n = Math.min(chunkSize, size - start);
    for (let i = 0; i < order.length; i++) {
      const x = order[i] as Expression;
      const register = registers[i] as Float64Array;
      if (x.op === "input") {
        const view = views[x.value] as HostOperand;
        if (flat[x.value]) load(register, view.data, view.offset + start, n);
        else gather(register, view, view.data, start, n);
      } else if (x.op !== "constant" && x.op !== "parameter") evaluatePrimitive(x.op, register, n, args[i] as Float64Array[]);
    }
    outputs.forEach((output, i) => {
      store(output.data, output.offset + start, registers[results[i] as number] as Float64Array, n);
    });
  }
}

function load(register: Float64Array, data: TypedArray, from: number, n: number): void {
  for (let i = 0; i < n; i++) register[i] = data[from + i]!;
}

function store(data: TypedArray, from: number, register: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) data[from + i] = register[i]!;
}

/** Elements start … start+n of a strided view, in runs along its last axis. */
function gather(register: Float64Array, { shape, strides, offset }: Layout, data: TypedArray, start: number, n: number): void {
  const last = shape.length - 1;
  const width = shape[last] as number;
  const step = strides[last] as number;
  let column = start % width;
  let row = Math.floor(start / width);
  for (let done = 0; done < n; ) {
    let position = offset + column * step;
    for (let axis = last - 1, rest = row; axis >= 0; axis--) {
      const size = shape[axis] as number;
      position += (rest % size) * (strides[axis] as number);
      rest = Math.floor(rest / size);
    }
    const count = Math.min(width - column, n - done);
    for (let i = 0; i < count; i++) register[done + i] = data[position + i * step]!;
    done += count;
    column = 0;
    row += 1;
  }
}
