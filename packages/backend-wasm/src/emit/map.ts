/**
 * One pass over memory for an elementwise op: rows × columns, in vectors, with a last partial vector.
 *
 * Outputs lie row-major without gaps. An input either lies along the columns as the outputs do, or is the same for a whole
 * row, or is gathered element by element. All inputs of a vector are read before its outputs are written, so an output may
 * overwrite an input that lies in step with it.
 */

import type { Expression } from "@kronograd/tensor";
import {
  type Code,
  type Func,
  I32,
  i32,
  int,
  type Local,
  least,
  loopWhile,
  type Module,
  select,
  set,
  step,
  type Type,
  V128,
  when,
} from "../engine/assembler.ts";
import { f32x4, f64x2, type Lanes, storeTail, v128 } from "../engine/lanes.ts";
import { emitExpressions, type VectorPlan } from "./expression.ts";
import type { Arithmetic } from "./tile.ts";
import { Writer } from "./writer.ts";

/** How an input lies along the columns. */
export type Access = "vector" | "scalar" | "strided";

export interface MapInput {
  readonly access: Access;
  readonly isInt: boolean;
}

/**
 * Vectors in a turn of the main loop: of arithmetic four, so that counting costs little; of polynomials one, as the processor
 * overlaps turns of itself, or two where the engine joins them.
 */
const unrolledBy = ({ supports }: VectorPlan, { paired }: Arithmetic) => (supports.f64 ? 4 : paired ? 2 : 1);

/**
 * Parameters: rows, columns, the outputs' addresses; for each input its address, bytes from row to row, and bytes from
 * column to column (read if strided); then the uniform values.
 *
 * @param intOutputs  which outputs are int32 (truth values)
 */
export function defineMap(
  module: Module,
  name: string,
  lanes: Lanes,
  arithmetic: Arithmetic,
  plan: VectorPlan,
  inputs: readonly MapInput[],
  intOutputs: readonly boolean[],
): Func {
  const { roots, inputs: indices, uniforms } = plan;
  const unrolled = unrolledBy(plan, arithmetic);
  const parameters: Type[] = [I32, I32, ...roots.map((): Type => I32)];
  for (const _ of indices) parameters.push(I32, I32, I32);
  const firstUniform = parameters.length;
  for (const _ of uniforms) parameters.push(lanes.scalarType);
  return module.define(name, parameters, (f, rows, columns, ...rest) => {
    const w = new Writer(f, lanes, arithmetic.fused);
    const outputs = rest.slice(0, roots.length);
    const sources = indices.map((_, i) => {
      const [address, rowStep, columnStep] = rest.slice(roots.length + 3 * i) as [Local, Local, Local];
      return { ...inputs[i]!, address, rowStep, columnStep, at: f.local(), value: f.local(V128) };
    });
    const values = new Map<Expression, Local>(
      uniforms.map((x, i) => [x, w.before(`uniform ${i}`, lanes.splat(f.parameter(firstUniform + i)))]),
    );
    const left = f.local();
    const widths = intOutputs.map((isInt) => widthOf(lanes, isInt));

    const loaded = new Map(sources.map(({ value }, i) => [indices[i]!, value]));
    const results = emitExpressions(w, plan, loaded, values).map(({ local, isMask }, k) =>
      w.keep(intOutputs[k] ? truths(w, local, isMask) : isMask ? v128.and(local, w.number(1)) : local),
    );
    const compute = w.take(); // for any vector: its locals are set anew each time

    const body = (vectors: number, isLast: boolean): Code => [
      Array.from({ length: vectors }, (_, u) => [
        sources.map((source) => (source.access === "scalar" ? [] : readVector(lanes, source, u, isLast ? left : null))),
        compute,
        results.map((result, k) => {
          const [output, isInt] = [outputs[k]!, intOutputs[k]!];
          return isLast
            ? storeSome(lanes, output, result, left, isInt)
            : storeAll(lanes, output, result, isInt, u * widths[k]!);
        }),
      ]),
      sources.map(({ access, isInt, at }) =>
        access === "vector" ? step(at, int(vectors * widthOf(lanes, isInt))) : [],
      ),
      outputs.map((output, k) => {
        const width = widths[k]!;
        return step(
          output,
          isLast ? i32.mul(least(left, int(lanes.count)), int(width / lanes.count)) : int(vectors * width),
        );
      }),
    ];
    const main = unrolled * lanes.count;
    const row = [
      sources.map((source) =>
        source.access === "scalar"
          ? set(source.value, readScalar(w.lanes, source.address, source.isInt))
          : set(source.at, source.address),
      ),
      set(left, columns),
      loopWhile(i32.greaterEqual(left, int(main)), body(unrolled, false), step(left, int(-main))),
      loopWhile(i32.greater(left, int(0)), body(1, true), step(left, int(-lanes.count))),
      sources.map((source) => step(source.address, source.rowStep)),
      step(rows, int(-1)),
    ];
    return [w.prologue, loopWhile(rows, row)];
  });
}

/** Bytes of a vector's worth of elements. */
const widthOf = (lanes: Lanes, isInt: boolean) => (isInt ? 4 : lanes.bytes) * lanes.count;

interface Source extends MapInput {
  readonly at: Local;
  readonly columnStep: Local;
  readonly value: Local;
}

/** Vector u from here on of an input; `left`, where given, says how many elements there are still. */
function readVector(
  lanes: Lanes,
  { access, isInt, at, columnStep, value }: Source,
  u: number,
  left: Local | null,
): Code {
  if (access === "vector") {
    const offset = u * widthOf(lanes, isInt);
    const raw = isInt && lanes.name === "f64" ? v128.load64Zero(at, offset) : v128.load(at, offset);
    return set(value, isInt ? converted(lanes, raw) : raw);
  }
  const loadLane = isInt ? v128.load32Lane : lanes.loadLane;
  return [
    Array.from({ length: lanes.count }, (_, lane) => [
      set(value, loadLane(at, value, lane)),
      // past the end the last element is read again
      step(at, left === null ? columnStep : select(i32.greater(left, int(lane + 1)), columnStep, int(0))),
    ]),
    isInt ? set(value, converted(lanes, value)) : [],
  ];
}

function readScalar(lanes: Lanes, address: Local, isInt: boolean): Code {
  return isInt ? converted(lanes, v128.load32Splat(address)) : lanes.loadSplat(address);
}

/** int32 lanes as floats. */
function converted(lanes: Lanes, ints: Code): Code {
  return lanes.name === "f32" ? f32x4.fromInt(ints) : f64x2.fromInts(ints);
}

/** Truth values as int32 0 and 1, in the first lanes. */
function truths(w: Writer, local: Local, isMask: boolean): Code {
  const mask = isMask ? local : w.keep(w.lanes.notEqual(local, w.number(0)));
  const narrow = w.lanes.name === "f32" ? mask : v128.shuffle32(mask, mask, [0, 2, 0, 2]);
  return v128.and(narrow, w.bits(1));
}

function storeAll(lanes: Lanes, address: Local, value: Local, isInt: boolean, offset = 0): Code {
  return isInt && lanes.name === "f64"
    ? v128.store64Lane(address, value, 0, offset)
    : v128.store(address, value, offset);
}

function storeSome(lanes: Lanes, address: Local, value: Local, left: Local, isInt: boolean): Code {
  const tail =
    isInt && lanes.name === "f64" ? v128.store32Lane(address, value, 0) : storeTail(lanes, address, value, left);
  return when(i32.greaterEqual(left, int(lanes.count)), storeAll(lanes, address, value, isInt), tail);
}
