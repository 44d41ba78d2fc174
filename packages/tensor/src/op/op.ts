/**
 * Contract of an op, and the registry of all.
 *
 * An op is one value: a name, a shape rule, reference loops that are right for every dtype and layout, and (where it is
 * differentiable) a vector–Jacobian product written with public ops, so that derivatives of any order work. A view op has
 * a layout rule instead of loops. Random cases for the shared suites stand beside it (samples.ts).
 */

import { UsageError } from "../errors.ts";
import type { HostOperand } from "../layout/operand.ts";
import type { Dtype } from "../tensor/dtype.ts";
import type { Layout, Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Shape and dtype of an input or an output. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/**
 * Names of an op's inputs or outputs, in order, as a tuple type: `["x", "weight", "bias"?]`. They give the tuples of its shape
 * rule, loops and derivative their length; `Names` itself stands for any number.
 */
export type Names = readonly string[];

/** One value for each name. */
export type Each<N extends Names, T> = { readonly [K in keyof N]: T };

/** Cotangents of outputs; null for one of several that nobody used. */
export type OutputCotangents<O extends Names> = O extends readonly [string]
  ? readonly [Tensor]
  : Each<O, Tensor | null>;

/** Cotangent of an input, of the input's shape; a function that makes it is called only where it is needed; null: none exists. */
export type InputCotangent = Tensor | null | (() => Tensor);

/** Values that a vector–Jacobian product may read. */
export interface Saved<I extends Names = Names> {
  /** Shape and dtype of every input. */
  readonly specs: Each<I, Spec>;
  /** Which inputs need a cotangent. */
  readonly needs: readonly boolean[];
  /** Input i, if `saveInputs` lists it. */
  input(i: number): Tensor;
  /** Output i, if `saveOutputs` lists it. */
  output(i: number): Tensor;
}

/** The reverse rule of an op: from cotangents of the outputs to cotangents of the inputs. */
export interface Vjp<P, I extends Names = Names, O extends Names = Names> {
  /** Inputs that `pull` reads, given which inputs need a cotangent (default: none). Only these are kept by a tape. */
  saveInputs?(params: P, needs: readonly boolean[]): readonly number[];
  /** Outputs that `pull` reads (default: none). */
  saveOutputs?(params: P, needs: readonly boolean[]): readonly number[];
  /** One cotangent per input, or a function that makes it; null where there is none (an index). */
  pull(cotangents: OutputCotangents<O>, saved: Saved<I>, params: P): Each<I, InputCotangent>;
}

interface OpBase<P, I extends Names, O extends Names> {
  readonly name: string;
  readonly vjp?: Vjp<P, I, O>;
  /** Why there is no VJP, where there is none. */
  readonly noVjp?: string;
}

/** An op that computes. */
export interface ComputeOp<P, I extends Names = Names, O extends Names = OneOutput<I>> extends OpBase<P, I, O> {
  /** A kernel of this name serves all ops of the family that have none of their own ("elementwise"). */
  readonly family?: string;
  /** Input 0 may be the in-place target itself: it is read, element for element, before that is written. */
  readonly accumulates?: boolean;
  /** Check the inputs and give each output's shape and dtype. @throws {ShapeError | DtypeError | UsageError} */
  shape(inputs: Each<I, Spec>, params: P): Each<O, Spec>;
  /** Loops over strided inputs of any dtype, on host memory; outputs are contiguous and must be wholly written. */
  reference(outputs: Each<O, HostOperand>, inputs: Each<I, HostOperand>, params: P): void;
}

/** Default of the outputs' names: one, where the inputs are named. */
export type OneOutput<I extends Names> = Names extends I ? Names : readonly ["out"];

/** Type of `reference`, for ops whose loops live in their own file. */
export type Reference<P, I extends Names = Names, O extends Names = OneOutput<I>> = ComputeOp<P, I, O>["reference"];

/** An op whose output shares its input's buffer. */
export interface ViewOp<P> extends OpBase<P, readonly ["x"], readonly ["out"]> {
  view(input: Layout, params: P): Layout;
}

/** An op that computes, or one whose output is a view. */
export type Op<P, I extends Names = Names, O extends Names = OneOutput<I>> = ComputeOp<P, I, O> | ViewOp<P>;

/** An op of any parameters. */
// biome-ignore lint/suspicious/noExplicitAny: an op takes its own parameters alone, and nobody may call one through this type
export type AnyOp = Op<any>;

const registry = new Map<string, AnyOp>();

/** Every op that was defined so far, by name. The gradient suite walks this. */
export const opRegistry: ReadonlyMap<string, AnyOp> = registry;

/** `saveInputs` of a product: the derivative of each side reads the other. */
export const savesTheOther = <P>(_: P, needs: readonly boolean[]): readonly number[] =>
  [0, 1].filter((side) => needs[1 - side]);

/** Cotangents of those inputs that need one, by an op's reverse rule. */
export function pullBack<P>(
  vjp: Vjp<P>,
  cotangents: readonly (Tensor | null)[],
  saved: Saved,
  params: P,
): (Tensor | null)[] {
  const made = vjp.pull(cotangents, saved, params);
  return saved.needs.map((need, i) => {
    const cotangent = need ? made[i] : undefined;
    return typeof cotangent === "function" ? cotangent() : (cotangent ?? null);
  });
}

/** A derivative, or the reason why there is none. */
export type Differentiable = { readonly vjp: object } | { readonly noVjp: string };

/**
 * Define an op and enter it in the registry.
 *
 * @throws {UsageError} the name is taken
 */
export function defineOp<P, I extends Names = Names, O extends Names = OneOutput<I>>(
  op: ComputeOp<P, I, O> & Differentiable,
): ComputeOp<P, I, O>;
export function defineOp<P>(op: ViewOp<P> & Differentiable): ViewOp<P>;
export function defineOp(op: AnyOp): AnyOp {
  if (registry.has(op.name)) throw new UsageError({ where: "defineOp", problem: `op "${op.name}" is defined twice` });
  registry.set(op.name, op);
  return op;
}
