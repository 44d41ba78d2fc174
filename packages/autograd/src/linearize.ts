/**
 * A model linearised at its parameters: one forward pass, then any number of products with the Jacobian, the Gauss–Newton
 * matrix and the Hessian.
 *
 * The graphs that a product walks (the way back, and the way back through the way back) are recorded when a product of that
 * kind is first asked for, and kept: each further product is one walk.
 */

import { full, retain, ShapeError, scope, type Tensor, UsageError, zeros } from "@kronograd/tensor";
import { grad, hvp as hessianProduct } from "./grad.ts";
import type { Parameters } from "./parameter-blocks.ts";
import { Tape } from "./tape.ts";

/** Products with the derivatives of `outputs` and of `loss(outputs)` in the parameters. Dispose of it to free its graphs. */
export interface LinearizedModel extends Disposable {
  readonly outputs: Tensor;
  /** Jv, in the outputs' shape. */
  jvp(vector: Parameters): Tensor;
  /** Jᵀu for a cotangent u of the outputs. */
  vjp(cotangent: Tensor): Parameters;
  /** Hessian of the loss times v. */
  hvp(vector: Parameters): Parameters;
  /** JᵀHJv, H the Hessian of the loss in the outputs. */
  ggnvp(vector: Parameters): Parameters;
}

/**
 * Linearise a model at its parameters.
 *
 * @param outputs     gives the same outputs whenever it is called
 * @param loss        a scalar of the outputs
 * @throws {UsageError} a vector leaves a parameter out, or one is not known
 * @throws {ShapeError} a vector or cotangent has another shape than what it stands for
 * @cost one forward pass; the first product of a kind records a backward pass (a forward and a backward pass for `hvp`); then a
 *   walk for each: vjp as a backward pass, jvp about twice that, ggnvp both, hvp about twice a backward pass
 * @source Pearlmutter (1994), "Fast exact multiplication by the Hessian"; Schraudolph (2002), "Fast curvature matrix–vector
 *   products for second-order gradient descent"
 */
export function linearize(
  outputs: () => Tensor,
  loss: (outputs: Tensor) => Tensor,
  parameters: Parameters,
): LinearizedModel {
  const names = Object.keys(parameters);
  const list = Object.values(parameters);
  const held: Disposable[] = [];
  const own = <T extends Disposable>(value: T): T => {
    held.push(value);
    return value;
  };
  const tapeOf = (watched: readonly Tensor[]): Tape => {
    const tape = own(new Tape());
    for (const t of watched) tape.watch(t);
    return tape;
  };
  const tape = tapeOf(list);
  const value = own(scope(() => retain(tape.run(outputs))));

  const byName = (tensors: readonly (Tensor | null)[]): Parameters =>
    Object.fromEntries(names.map((name, i) => [name, tensors[i] ?? zeros(list[i]?.shape ?? [], list[i])]));
  const entriesOf = (vector: Parameters): readonly Tensor[] => {
    const unknown = Object.keys(vector).find((name) => parameters[name] === undefined);
    const missing = names.find((name) => vector[name] === undefined);
    if (unknown !== undefined || missing !== undefined) {
      const problem = missing === undefined ? `there is no parameter "${unknown}"` : `the vector has no "${missing}"`;
      throw new UsageError({ where: "linearize", problem, expected: names, got: Object.keys(vector) });
    }
    return names.map((name) => like(name, parameters[name] as Tensor, vector[name] as Tensor));
  };

  /** The way back as a function of its cotangent, which is linear in it. */
  const transposed = once(() => {
    const cotangent = own(scope(() => retain(full(value.shape, 1, value))));
    const outer = tapeOf([cotangent]);
    const pulled = scope(() => outer.run(() => tape.backward([[value, cotangent]], list)).map(kept));
    for (const t of pulled) if (t !== null) own(t);
    return { cotangent, outer, pulled };
  });
  const gradient = once(() => {
    const outer = tapeOf(list);
    const parts = scope(() => outer.run(() => grad(() => loss(outputs()), list)).map((t) => retain(t)));
    for (const t of parts) own(t);
    return { outer, parts };
  });
  const pull = (cotangent: Tensor) => byName(tape.backward([[value, like("outputs", value, cotangent)]], list));
  const push = (vector: Parameters): Tensor => {
    const { cotangent, outer, pulled } = transposed();
    const tangents = entriesOf(vector);
    const seeds = pulled.flatMap((t, i) => (t === null ? [] : [[t, tangents[i] as Tensor] as const]));
    return outer.backward(seeds, [cotangent])[0] ?? zeros(value.shape, value);
  };
  return {
    outputs: value,
    jvp: (vector) => scope(() => push(vector)),
    vjp: (cotangent) => scope(() => pull(cotangent)),
    ggnvp: (vector) => scope(() => pull(hessianProduct(() => loss(value), value, push(vector)))),
    hvp: (vector) =>
      scope(() => {
        const { outer, parts } = gradient();
        const tangents = entriesOf(vector);
        const seeds = parts.map((t, i) => [t, tangents[i] as Tensor] as const);
        return byName(outer.backward(seeds, list));
      }),
    [Symbol.dispose]() {
      for (const value of held.splice(0).reverse()) value[Symbol.dispose]();
    },
  };
}

const kept = (t: Tensor | null): Tensor | null => (t === null ? null : retain(t));

function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

function like(what: string, model: Tensor, vector: Tensor): Tensor {
  if (model.shape.length === vector.shape.length && model.shape.every((n, i) => n === vector.shape[i])) return vector;
  const problem = `the vector of ${what} has another shape`;
  throw new ShapeError({ where: "linearize", problem, expected: model.shape, got: vector.shape });
}
