/**
 * Expressions as vector code: each node of the graph is one named value, comparisons are masks.
 *
 * Nodes that no input reaches (a constant, 1 − a parameter) are not vector code: the caller computes them once in float64.
 */

import type { Expression } from "@kronograd/tensor";
import { type Plan, planOf } from "@kronograd/tensor/kernel";
import type { Code, Local } from "../engine/assembler.ts";
import { type Lanes, v128 } from "../engine/lanes.ts";
import type { Writer } from "./writer.ts";

/** A value, or a mask with all bits of a lane set where it is true. */
interface Value {
  readonly local: Local;
  readonly isMask: boolean;
}

const masks: Readonly<Record<string, (lanes: Lanes, x: Code, y: Code) => Code>> = {
  greater: ({ greater }, x, y) => greater(x, y),
  greaterEqual: ({ greaterEqual }, x, y) => greaterEqual(x, y),
  equal: ({ equal }, x, y) => equal(x, y),
};

/** Primitives by name: each writes its value for one vector of each argument. */
export type Words = Readonly<Record<string, (w: Writer, x: Local, y: Local) => Code>>;

/** Primitives that both float types have. */
const arithmetic: Words = {
  add: ({ lanes }, x, y) => lanes.add(x, y),
  sub: ({ lanes }, x, y) => lanes.sub(x, y),
  mul: ({ lanes }, x, y) => lanes.mul(x, y),
  div: ({ lanes }, x, y) => lanes.div(x, y),
  neg: ({ lanes }, x) => lanes.neg(x),
  abs: ({ lanes }, x) => lanes.abs(x),
  sign: (w, x) => {
    const negative = v128.choose(w.lanes.less(x, w.number(0)), w.number(-1), x); // 0, −0 and NaN stay
    return v128.choose(w.lanes.greater(x, w.number(0)), w.number(1), negative);
  },
  sqrt: ({ lanes }, x) => lanes.sqrt(x),
  square: ({ lanes }, x) => lanes.mul(x, x),
  floor: ({ lanes }, x) => lanes.floor(x),
  max: ({ lanes }, x, y) => lanes.max(x, y),
  min: ({ lanes }, x, y) => lanes.min(x, y),
};

/** A plan, and what it takes to compute it by vectors. */
export interface VectorPlan extends Plan {
  /** Primitives of float32 alone. */
  readonly words: Words;
  /** Whether the lanes of this type have every primitive. */
  readonly supports: Readonly<Record<Lanes["name"], boolean>>;
}

/** Take expressions apart. Constants are numbers of the code, so `uniforms` has what changes from call to call. */
export function planForLanes(roots: readonly Expression[], words: Words): VectorPlan {
  const plan = planOf(roots);
  const isEmitted = ({ op }: Expression) => op === "input" || op === "select" || op in arithmetic || op in masks;
  return {
    ...plan,
    uniforms: plan.uniforms.filter(({ op }) => op !== "constant"),
    words,
    supports: {
      f32: plan.nodes.every((x) => isEmitted(x) || x.op in words),
      f64: plan.nodes.every(isEmitted),
    },
  };
}

/** Write the roots' values for one vector of each input. Truth values come out as masks. */
export function emitExpressions(
  w: Writer,
  { roots, words }: Pick<VectorPlan, "roots" | "words">,
  inputs: ReadonlyMap<number, Local>,
  uniforms: ReadonlyMap<Expression, Local>,
): Value[] {
  const known = new Map<Expression, Value>();
  const value = (x: Expression): Local => {
    const { local, isMask } = visit(x);
    return isMask ? w.keep(v128.and(local, w.number(1))) : local;
  };
  const mask = (x: Expression): Local => {
    const { local, isMask } = visit(x);
    return isMask ? local : w.keep(w.lanes.notEqual(local, w.number(0)));
  };
  const make = (x: Expression): Value => {
    const uniform = uniforms.get(x);
    if (uniform !== undefined) return { local: uniform, isMask: false };
    if (x.op === "constant") return { local: w.number(x.value), isMask: false };
    if (x.op === "input") return { local: inputs.get(x.value)!, isMask: false };
    if (x.op === "select") {
      const [condition, yes, no] = x.args as [Expression, Expression, Expression];
      return { local: w.keep(v128.choose(mask(condition), value(yes), value(no))), isMask: false };
    }
    const [a, b] = x.args as [Expression, Expression?];
    const left = value(a);
    const right = b === undefined ? left : value(b);
    const compares = masks[x.op];
    if (compares !== undefined) return { local: w.keep(compares(w.lanes, left, right)), isMask: true };
    // max(0, x) without IEEE's several instructions on x64: one that gives x where x is NaN, and 0 more makes 0 of −0
    const zero = x.args.findIndex(({ op, value }) => op === "constant" && value === 0);
    if (x.op === "max" && zero >= 0) {
      const [y, nought] = zero === 0 ? [right, left] : [left, right];
      return { local: w.keep(w.lanes.add(w.lanes.pmax(y, nought), nought)), isMask: false };
    }
    const emit = (arithmetic[x.op] ?? words[x.op])!;
    return { local: w.keep(emit(w, left, right)), isMask: false };
  };
  const visit = (x: Expression): Value => {
    const found = known.get(x);
    if (found !== undefined) return found;
    const made = make(x);
    known.set(x, made);
    return made;
  };
  return roots.map(visit);
}
