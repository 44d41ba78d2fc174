/** Evaluating at other weights than those that training goes on from: averages, for instance. */

import type { Parameters } from "@kronograd/autograd";
import { type Layer, parameters } from "@kronograd/layers";
import type { Optimizer } from "@kronograd/optimizers";
import { copy, copyOp, dispatchInto, retain, scope, type Tensor, type Tree } from "@kronograd/tensor";

/**
 * Run `f` with the optimizer's evaluation weights in the model, and put the training weights back. Where the optimizer keeps
 * no others, `f` runs as it is. Running statistics of norms stay those of training.
 *
 * @example
 * const bytes = await withEvaluationWeights(model, optimizer, () => saveWeights(model));
 */
export async function withEvaluationWeights<T>(
  model: Layer<Tree>,
  optimizer: Optimizer,
  f: () => T | Promise<T>,
): Promise<T> {
  const own = parameters(model);
  const others = scope(() => {
    const weights = optimizer.evaluationWeights(own);
    return weights === own ? null : mapped(weights, retain);
  });
  if (others === null) return await f();
  const held = scope(() => mapped(own, (t) => retain(copy(t))));
  const put = (values: Parameters) => {
    for (const [name, t] of Object.entries(own)) {
      const value = values[name];
      if (value !== undefined) dispatchInto(copyOp, [t], [value], {});
    }
  };
  try {
    put(others);
    return await f();
  } finally {
    put(held);
    for (const t of [...Object.values(others), ...Object.values(held)]) t.dispose();
  }
}

const mapped = (weights: Parameters, f: (t: Tensor) => Tensor): Parameters =>
  Object.fromEntries(Object.entries(weights).map(([name, t]) => [name, f(t)]));
