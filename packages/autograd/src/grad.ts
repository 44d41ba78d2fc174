/**
 * Derivatives of closures: gradients, vector–Jacobian and Jacobian–vector products, Hessian and Gauss–Newton products.
 *
 * A closure reads the tensors it depends on; `wrt` names those to differentiate by, as one tensor, an array or a record,
 * and results come back in the same form. Everything nests, so derivatives of any order are calls within calls.
 */

import { assertShape, full, ShapeError, scope, type Tensor, UsageError, zeros } from "@kronograd/tensor";
import { Tape, withTape } from "./tape.ts";

/** One tensor, or several by position or name. */
export type Tensors = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** The same form with fresh tensors. */
export type Like<T extends Tensors> = T extends Tensor ? Tensor : { -readonly [K in keyof T]: Tensor };

/** The tensors of a form, in order. */
export function leaves(tensors: Tensors): Tensor[] {
  if (isTensor(tensors)) return [tensors];
  return Array.isArray(tensors) ? [...tensors] : Object.values(tensors);
}

function rebuild<T extends Tensors>(form: T, values: readonly Tensor[]): Like<T> {
  if (isTensor(form)) return values[0] as Like<T>;
  if (Array.isArray(form)) return [...values] as Like<T>;
  return Object.fromEntries(Object.keys(form).map((key, i) => [key, values[i]])) as Like<T>;
}

function isTensor(value: Tensors): value is Tensor {
  return "storage" in value && "strides" in value;
}

/** @throws {ShapeError} a loss is not a single number */
export function assertScalar(where: string, value: Tensor): void {
  if (value.size === 1) return;
  throw new ShapeError({
    where,
    problem: "a gradient needs a scalar",
    expected: [],
    got: value.shape,
    help: "Reduce with sum or mean, or use vjp.",
  });
}

const onesLike = (t: Tensor) => full(t.shape, 1, t);
const zerosLike = (t: Tensor) => zeros(t.shape, t);

function filled(cotangents: readonly (Tensor | null)[], like: readonly Tensor[]): Tensor[] {
  return cotangents.map((cotangent, i) => cotangent ?? zerosLike(like[i] as Tensor));
}

/**
 * Gradient of a scalar closure.
 *
 * @returns the form of `wrt`; zeros where the closure does not depend on a tensor
 * @throws {ShapeError} the closure's result is not a scalar
 * @example
 * const x = tensor([1, 2]);
 * grad(() => sum(mul(x, x)), x);   // [2, 4]
 */
export function grad<T extends Tensors>(f: () => Tensor, wrt: T): Like<T> {
  const list = leaves(wrt);
  return scope(() =>
    withTape(list, (tape) => {
      const value = tape.run(f);
      assertScalar("grad", value);
      return rebuild(wrt, filled(tape.backward([[value, onesLike(value)]], list), list));
    }),
  );
}

/** A value and the way back from it. Dispose of it to free what the tape saved. */
export interface Pullback<T extends Tensors> extends Disposable {
  readonly value: Tensor;
  /** Cotangent of the value → cotangents of `wrt` (Jᵀu). May be called many times. */
  pull(cotangent: Tensor): Like<T>;
}

/**
 * Vector–Jacobian product: the value of a closure and u ↦ Jᵀu.
 *
 * @example
 * using f = vjp(() => mul(x, x), x);
 * f.pull(ones([2]));
 */
export function vjp<T extends Tensors>(f: () => Tensor, wrt: T): Pullback<T> {
  const list = leaves(wrt);
  const tape = new Tape();
  for (const t of list) tape.watch(t);
  const value = scope(() => tape.run(f));
  return {
    value,
    pull(cotangent) {
      assertLike("vjp", value, cotangent);
      return scope(() => rebuild(wrt, filled(tape.backward([[value, cotangent]], list), list)));
    },
    [Symbol.dispose]: () => tape[Symbol.dispose](),
  };
}

/**
 * Jacobian–vector product: the value of a closure and Jv.
 *
 * Jᵀu is linear in u, so its own transpose, taken by going backward through the backward pass, is v ↦ Jv.
 *
 * @param tangents  the form of `wrt`
 * @cost about three times the closure
 */
export function jvp<T extends Tensors>(f: () => Tensor, wrt: T, tangents: Like<T>): { value: Tensor; tangent: Tensor } {
  const list = leaves(wrt);
  return scope(() =>
    withTape(list, (tape) => {
      const value = tape.run(f);
      return { value, tangent: pushForward(tape, value, list, leaves(tangents as Tensors)) };
    }),
  );
}

function pushForward(tape: Tape, value: Tensor, wrt: readonly Tensor[], tangents: readonly Tensor[]): Tensor {
  wrt.forEach((t, i) => {
    assertLike("jvp", t, tangents[i]);
  });
  const dummy = onesLike(value);
  return withTape([dummy], (outer) => {
    const pulled = outer.run(() => tape.backward([[value, dummy]], wrt)); // Jᵀ·dummy, linear in dummy
    const seeds = pulled.flatMap((cotangent, i) =>
      cotangent === null ? [] : [[cotangent, tangents[i] as Tensor] as const],
    );
    return filled(outer.backward(seeds, [dummy]), [dummy])[0] as Tensor;
  });
}

/**
 * Hessian–vector product of a scalar closure, by going backward through its gradient.
 *
 * @param vectors  the form of `wrt`
 * @cost about five times the closure
 * @source Pearlmutter (1994), "Fast exact multiplication by the Hessian"
 */
export function hvp<T extends Tensors>(f: () => Tensor, wrt: T, vectors: Like<T>): Like<T> {
  const list = leaves(wrt);
  const directions = leaves(vectors as Tensors);
  return scope(() =>
    withTape(list, (outer) => {
      const gradient = outer.run(() => leaves(grad(f, list)));
      const seeds = gradient.map((g, i) => {
        assertLike("hvp", g, directions[i]);
        return [g, directions[i] as Tensor] as const;
      });
      return rebuild(wrt, filled(outer.backward(seeds, list), list));
    }),
  );
}

/**
 * Generalised Gauss–Newton product JᵀHJv: J the Jacobian of the model's outputs, H the Hessian of the loss in them.
 *
 * @param outputs  closure for the model's outputs, of any shape
 * @param loss     scalar function of the outputs
 * @param vectors  the form of `wrt`
 * @source Schraudolph (2002), "Fast curvature matrix–vector products"
 */
export function ggnvp<T extends Tensors>(
  outputs: () => Tensor,
  loss: (outputs: Tensor) => Tensor,
  wrt: T,
  vectors: Like<T>,
): Like<T> {
  const list = leaves(wrt);
  return scope(() =>
    withTape(list, (tape) => {
      const value = tape.run(outputs);
      const tangent = pushForward(tape, value, list, leaves(vectors as Tensors));
      const curved = hvp(() => loss(value), value, tangent as Like<Tensor>);
      return rebuild(wrt, filled(tape.backward([[value, curved]], list), list));
    }),
  );
}

function assertLike(where: string, like: Tensor, vector: Tensor | undefined): asserts vector is Tensor {
  if (vector === undefined)
    throw new UsageError({ where, problem: "there are fewer vectors than tensors to differentiate by" });
  assertShape(where, "vector has another shape than its tensor", like.shape, vector.shape);
}
