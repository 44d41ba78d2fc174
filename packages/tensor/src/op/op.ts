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

/** What a shape rule sees of an input and says of an output. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** What a vector–Jacobian product may read. */
export interface Saved {
  /** Shape and dtype of every input. */
  readonly specs: readonly Spec[];
  /** Which inputs need a cotangent; the others may be answered with null, and should cost nothing. */
  readonly needs: readonly boolean[];
  /** Input i, if `saveInputs` lists it. */
  input(i: number): Tensor;
  /** Output i, if `saveOutputs` lists it. */
  output(i: number): Tensor;
}

/** The reverse rule of an op: from cotangents of the outputs to cotangents of the inputs. */
export interface Vjp<P> {
  /** Inputs that `pull` reads, given which inputs need a cotangent (default: none). Only these are kept by a tape. */
  saveInputs?(params: P, needs: readonly boolean[]): readonly number[];
  /** Outputs that `pull` reads (default: none). */
  saveOutputs?(params: P, needs: readonly boolean[]): readonly number[];
  /** One cotangent per input, each of the input's shape; null where not needed or not differentiable (an index). An output nobody used has cotangent null. */
  pull(cotangents: readonly (Tensor | null)[], saved: Saved, params: P): (Tensor | null)[];
}

/** Why an op has no VJP of its own: higher-order.ts adds it. */
export const ofHigherOrder = "it is a gradient itself; grad, vjp, jvp, hvp, ggnvp or higherOrder() give it one";

/** Give an op a VJP after its definition; higher-order.ts does. */
export function addVjp<P>(op: ComputeOp<P>, vjp: Vjp<P>): void {
  Object.assign(op, { vjp });
}

interface OpBase<P> {
  readonly name: string;
  readonly vjp?: Vjp<P>;
  /** Why there is no VJP, where there is none. */
  readonly noVjp?: string;
}

/** An op that computes. */
export interface ComputeOp<P> extends OpBase<P> {
  /** A kernel of this name serves all ops of the family that have none of their own ("elementwise"). */
  readonly family?: string;
  /** Input 0 may be the in-place target itself: it is read, element for element, before that is written. */
  readonly accumulates?: boolean;
  /** Check the inputs and give each output's shape and dtype. @throws {ShapeError | DtypeError | UsageError} */
  shape(inputs: readonly Spec[], params: P): Spec[];
  /** Loops over strided inputs of any dtype, on host memory; outputs are contiguous and must be wholly written. */
  reference(outputs: readonly HostOperand[], inputs: readonly HostOperand[], params: P): void;
}

/** The loops of an op, where they stand in a file of their own. */
export type Reference<P> = ComputeOp<P>["reference"];

/** An op whose output shares its input's buffer. */
export interface ViewOp<P> extends OpBase<P> {
  view(input: Layout, params: P): Layout;
}

/** An op that computes, or one whose output is a view. */
export type Op<P> = ComputeOp<P> | ViewOp<P>;

// biome-ignore lint/suspicious/noExplicitAny: the registry holds ops of all parameter types
const registry = new Map<string, Op<any>>();

/** Every op that was defined so far, by name. The gradient suite walks this. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export const ops: ReadonlyMap<string, Op<any>> = registry;

/** `saveInputs` of a product: the derivative of each side reads the other. */
export const savesTheOther = <P>(_: P, needs: readonly boolean[]): readonly number[] =>
  [0, 1].filter((side) => needs[1 - side]);

/**
 * Define an op and enter it in the registry.
 *
 * @throws {UsageError} the name is taken, or it has neither a VJP nor a reason for having none
 */
export function defineOp<P>(op: ComputeOp<P>): ComputeOp<P>;
export function defineOp<P>(op: ViewOp<P>): ViewOp<P>;
export function defineOp<P>(op: Op<P>): Op<P> {
  if (registry.has(op.name)) throw new UsageError({ where: "defineOp", problem: `op "${op.name}" is defined twice` });
  if (op.vjp === undefined && op.noVjp === undefined) {
    throw new UsageError({
      where: "defineOp",
      problem: `op "${op.name}" has neither vjp nor noVjp`,
      help: "Say why it has no derivative.",
    });
  }
  registry.set(op.name, op);
  return op;
}
