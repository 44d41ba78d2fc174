/**
 * The kernel of all elementwise ops: each expression is emitted once for each way its inputs lie, and runs in one pass.
 *
 * float32 has every primitive but sin, cos and pow; float64 has arithmetic, comparison and select. What is missing, and
 * arithmetic on int32 alone, is left to the reference.
 */

import {
  broadcastStrides,
  type ElementwiseOp,
  type Expression,
  isContiguous,
  type Operand,
  sizeOf,
} from "@kronograd/tensor";
import { evaluate, joinAxes, offsetsOf } from "@kronograd/tensor/kernel";
import { planForLanes, type VectorPlan, type Words } from "../emit/expression.ts";
import { type Access, defineMap, type MapInput } from "../emit/map.ts";
import { transcendental } from "../emit/math.ts";
import { Module } from "../engine/assembler.ts";
import { f32x4, f64x2, type Lanes } from "../engine/lanes.ts";
import { addressOf, bytesOf, type Runtime } from "../engine/runtime.ts";
import type { Kernels, Kit, RunExpressions } from "../kit.ts";
import type { Callee } from "../threads/board.ts";

type Pass = Callee;

interface PlanWithPasses extends VectorPlan {
  /** By what lanes there are and how the operands lie. */
  readonly passes: Map<number, Pass>;
}

const accesses: readonly Access[] = ["vector", "scalar", "strided"];
const comparisons = new Set(["greater", "greaterEqual", "equal"]);

/** Passes over memory for expressions of arithmetic, and of the `words` that only float32 has. */
export function createElementwise(runtime: Runtime, words: Words): RunExpressions {
  const plans = new WeakMap<readonly Expression[], PlanWithPasses>();

  const passOf = (
    own: PlanWithPasses,
    lanes: Lanes,
    inputs: readonly MapInput[],
    outputs: readonly Operand[],
  ): Pass => {
    let key = lanes.bytes;
    for (const { access, isInt } of inputs) key = key * 6 + accesses.indexOf(access) * 2 + Number(isInt);
    for (const { dtype } of outputs) key = key * 2 + Number(dtype === "int32");
    let pass = own.passes.get(key);
    if (pass === undefined) {
      const module = new Module();
      const ints = outputs.map(({ dtype }) => dtype === "int32");
      defineMap(module, "pass", lanes, runtime, own, inputs, ints);
      pass = runtime.link<"pass">(module).pass;
      own.passes.set(key, pass);
    }
    return pass;
  };

  return (expressions, outputs, inputs, parameters) => {
    let own = plans.get(expressions);
    if (own === undefined) {
      own = { ...planForLanes(expressions, words), passes: new Map() };
      plans.set(expressions, own);
    }
    const used = own.inputs.map((i) => inputs[i]!);
    const lanes = lanesFor(expressions, outputs, used);
    if (lanes === null || !own.supports[lanes.name]) return false;
    const { shape } = outputs[0]!;
    if (sizeOf(shape) === 0) return true;
    const { rows, columns, outer, steps } = loops(shape, used);
    const reads = used.map(({ dtype }, i): MapInput => {
      return { access: accessOf(steps[i]!.column, columns), isInt: dtype === "int32" };
    });
    const pass = passOf(own, lanes, reads, outputs);
    const uniforms = own.uniforms.map((x) => evaluate(x, parameters));
    // pieces are rows, or parts of the only row, of each pass
    const fork = runtime.fork(rows * columns * outer.length * (own.supports.f64 ? 4 : 16));
    const isRow = rows === 1;
    const side = isRow ? columns : rows;
    const grain = isRow ? 64 : 1;
    const share =
      fork.ways === 1 || outer.length >= 2 * fork.ways ? side : Math.ceil(side / (2 * fork.ways * grain)) * grain;
    const shares = Math.ceil(side / share);
    fork.each(outer.length * shares, (piece, call) => {
      const i = Math.floor(piece / shares);
      const first = (piece % shares) * share;
      const count = Math.min(share, side - first);
      const operands = isRow ? [1, count] : [count, columns];
      for (const output of outputs)
        operands.push(addressOf(output) + (i * rows * columns + first * (isRow ? 1 : columns)) * bytesOf(output));
      for (let k = 0; k < used.length; k++) {
        const { row, column, starts } = steps[k]!;
        const input = used[k]!;
        const bytes = bytesOf(input);
        const start = starts[i]! + first * (isRow ? column : row);
        operands.push(addressOf(input) + start * bytes, row * bytes, column * bytes);
      }
      operands.push(...uniforms);
      call(pass, ...operands);
    });
    return true;
  };
}

const kernelsOf = (run: RunExpressions): Kernels => ({
  elementwise: (outputs, inputs, parameters, op) =>
    run((op as unknown as ElementwiseOp).expressions, outputs, inputs, parameters),
});

/** The kernel of all elementwise ops: arithmetic, activations, and what optimizers do to parameters. */
export const elementwiseKernels = (kit: Kit): Kernels => kernelsOf(createElementwise(kit, transcendental));

/** The same without exp, log, tanh and their kin: enough for nets of ReLUs, and for what optimizers do to parameters. */
export const arithmeticKernels = ({ runExpressions }: Kit): Kernels => kernelsOf(runExpressions);

/** Which lanes compute: those of the floats; float64 for comparisons of integers, which it holds exactly; null for none. */
function lanesFor(
  expressions: readonly Expression[],
  outputs: readonly Operand[],
  inputs: readonly Operand[],
): Lanes | null {
  const isPlain = outputs.every(({ dtype }, i) => dtype !== "int32" || comparisons.has(expressions[i]!.op));
  if (!isPlain) return null;
  const all = [...outputs, ...inputs];
  if (all.some(({ dtype }) => dtype === "float64")) return f64x2;
  return all.some(({ dtype }) => dtype === "float32") ? f32x4 : f64x2;
}

function accessOf(column: number, columns: number): Access {
  if (column === 0) return "scalar";
  return column === 1 || columns === 1 ? "vector" : "strided";
}

interface Loops {
  readonly rows: number;
  readonly columns: number;
  /** One entry for each pass over rows × columns. */
  readonly outer: ArrayLike<number>;
  /** Of each input, in elements. */
  readonly steps: readonly { readonly row: number; readonly column: number; readonly starts: ArrayLike<number> }[];
}

const single = [0];
const flat = { row: 0, column: 1, starts: single };

/** The fewest loops that walk the shape: neighbouring axes that all inputs cross in equal steps are joined. */
function loops(shape: readonly number[], inputs: readonly Operand[]): Loops {
  const size = sizeOf(shape);
  const isFlat = inputs.every((input) => sizeOf(input.shape) === size && isContiguous(input));
  if (isFlat) return { rows: 1, columns: size, outer: single, steps: inputs.map(() => flat) };
  const { counts, strides } = joinAxes(
    shape,
    inputs.map((input) => broadcastStrides(input, shape)),
  );
  const outer = counts.slice(0, -2);
  const steps = strides.map((own) => ({
    row: own.at(-2) ?? 0,
    column: own.at(-1) ?? 0,
    starts: offsetsOf(outer, own),
  }));
  return { rows: counts.at(-2) ?? 1, columns: counts.at(-1) ?? 1, outer: steps[0]?.starts ?? single, steps };
}
