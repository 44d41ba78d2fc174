/**
 * Runs elementwise expressions on host memory, a chunk at a time: one register for each node, one tight loop for each
 * primitive. All inputs of a chunk are read before its outputs are written, so an output may overwrite an input.
 */

import { chunkSize, load, store } from "../layout/chunk.ts";
import type { HostOperand } from "../layout/operand.ts";
import { broadcastStrides, isContiguous, type Layout, sizeOf } from "../tensor/shape.ts";
import { type Expression, type Loop, type Primitive, topological } from "./expression.ts";

/** Expressions made ready to run. */
export interface Program {
  /** Which input goes into which register. */
  readonly inputs: readonly { readonly index: number; readonly register: Float64Array }[];
  /** Registers that hold one number: a constant, or the parameter of that name. */
  readonly fills: readonly { readonly value: number | string; readonly register: Float64Array }[];
  readonly steps: readonly { readonly loop: Loop; readonly registers: Registers }[];
  readonly results: readonly Float64Array[];
}

/** Of the result and of up to three arguments. */
type Registers = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

/** One for each node, shared by all programs: an op finishes before the next starts. */
const shared: Float64Array[] = [];

function registerOf(node: number): Float64Array {
  while (shared.length <= node) shared.push(new Float64Array(chunkSize));
  return shared[node] as Float64Array;
}

/** Plan the evaluation of some expressions; shared nodes are computed once. */
export function compile(roots: readonly Expression[]): Program {
  const order = topological(roots);
  const registers = new Map(order.map((x, i) => [x, registerOf(i)]));
  const registerFor = (x: Expression) => registers.get(x) as Float64Array;
  const inputs: { index: number; register: Float64Array }[] = [];
  const fills: { value: number | string; register: Float64Array }[] = [];
  const steps: { loop: Loop; registers: Registers }[] = [];
  for (const node of order) {
    const register = registerFor(node);
    if (node.op === "input") inputs.push({ index: node.value, register });
    else if (node.op === "constant") fills.push({ value: node.value, register });
    else if (node.op === "parameter") fills.push({ value: node.name, register });
    else {
      const [x, y, z] = node.args.map(registerFor) as [Float64Array, Float64Array?, Float64Array?];
      steps.push({ loop: (node.primitive as Primitive).loop, registers: [register, x, y ?? x, z ?? x] });
    }
  }
  return { inputs, fills, steps, results: roots.map(registerFor) };
}

/** Evaluate a program into contiguous outputs; inputs broadcast. */
export function interpret(
  { inputs, fills, steps, results }: Program,
  outputs: readonly HostOperand[],
  operands: readonly HostOperand[],
  scalars: Readonly<Record<string, number>>,
): void {
  const { shape } = outputs[0] as HostOperand;
  const size = sizeOf(shape);
  const filled = Math.min(size, chunkSize);
  for (const { value, register } of fills)
    register.fill(typeof value === "string" ? (scalars[value] as number) : value, 0, filled);
  const reads: { operand: HostOperand; register: Float64Array; strides: readonly number[]; contiguous: boolean }[] = [];
  for (const { index, register } of inputs) {
    const operand = operands[index] as HostOperand;
    const strides = broadcastStrides(operand, shape);
    if (strides.every((stride) => stride === 0)) register.fill(operand.data[operand.offset]!, 0, filled);
    else reads.push({ operand, register, strides, contiguous: isContiguous({ shape, strides, offset: 0 }) });
  }
  for (let start = 0; start < size; start += chunkSize) {
    const n = Math.min(chunkSize, size - start);
    for (const { operand, register, strides, contiguous } of reads) {
      if (contiguous) load(register, operand.data, operand.offset + start, n);
      else gather(register, operand, { shape, strides, offset: operand.offset }, start, n);
    }
    for (const { loop, registers } of steps) loop(n, registers[0], registers[1], registers[2], registers[3]);
    for (let i = 0; i < outputs.length; i++) {
      const { data, offset } = outputs[i] as HostOperand;
      store(data, offset + start, results[i] as Float64Array, n);
    }
  }
}

/** Elements start … start+n of a strided view, in runs along its last axis. */
function gather(
  register: Float64Array,
  { data }: HostOperand,
  { shape, strides, offset }: Layout,
  start: number,
  n: number,
): void {
  const last = shape.length - 1;
  const width = shape[last]!;
  const step = strides[last]!;
  let column = start % width;
  let row = Math.floor(start / width);
  for (let done = 0; done < n; ) {
    let position = offset + column * step;
    for (let axis = last - 1, rest = row; axis >= 0; axis--) {
      const size = shape[axis]!;
      position += (rest % size) * strides[axis]!;
      rest = Math.floor(rest / size);
    }
    const count = Math.min(width - column, n - done);
    load(register, data, position, count, step, done);
    done += count;
    column = 0;
    row += 1;
  }
}
