/**
 * Oracles of the loss on the step's batch, besides its gradient. Parts of a batch are summed, each with
 * the random draws of its own pass, so this is the very function whose gradient was taken.
 */

import { linearize, type Parameters } from "@kronograd/autograd";
import type { Linearized, OracleName, Oracles, Updates } from "@kronograd/optimizers";
import { add, copy, copyOp, dispatchInto, scope, type Tensor, weightedSum } from "@kronograd/tensor";

/** One part of the batch as a function of the parameters; the step's loss is the sum of the parts'. */
export interface LossPart {
  /** The model's outputs, the same random draws on each call. */
  forward(): Tensor;
  loss(outputs: Tensor): Tensor;
}

/** Make the oracles that a step asked for. Dispose of them at the end of the step. */
export function makeOracles(
  wanted: readonly OracleName[],
  parts: readonly LossPart[],
  parameters: Parameters,
): Oracles & Disposable {
  let linearized: (Linearized & Disposable) | undefined;
  return {
    ...(wanted.includes("linearized") && {
      linearized: () => {
        linearized ??= linearizeParts(parts, parameters);
        return linearized;
      },
    }),
    ...(wanted.includes("trial") && {
      trial: (direction, length) => {
        const lossAt = () => parts.map((part) => part.loss(part.forward())).reduce(add);
        if (length === 0) return scope(lossAt);
        return atParameters(parameters, byName(direction), length, lossAt);
      },
    }),
    [Symbol.dispose]: () => linearized?.[Symbol.dispose](),
  };
}

function linearizeParts(parts: readonly LossPart[], parameters: Parameters): Linearized & Disposable {
  const models = parts.map((part) => linearize(part.forward, part.loss, parameters));
  const total = (products: readonly Parameters[]): Parameters =>
    products.reduce((sum, product) => {
      return Object.fromEntries(Object.entries(sum).map(([name, t]) => [name, add(t, product[name] as Tensor)]));
    });
  const each = (vectors: readonly Parameters[], name: "hvp" | "ggnvp") =>
    vectors.map((vector) => scope(() => total(models.map((model) => model[name](vector)))));
  return {
    jvp: (vectors) => vectors.map((vector) => models.map((model) => model.jvp(vector))),
    vjp: (cotangents) => cotangents.map((u) => scope(() => total(models.map((m, i) => m.vjp(u[i] as Tensor))))),
    hvp: (vectors) => each(vectors, "hvp"),
    ggnvp: (vectors) => each(vectors, "ggnvp"),
    [Symbol.dispose]() {
      for (const model of models) model[Symbol.dispose]();
    },
  };
}

/** A direction by parameter: updates by block are taken apart. */
function byName(direction: Updates | Parameters): Parameters {
  if (!(direction instanceof Map)) return direction as Parameters;
  const parts = [...(direction as Updates).values()].flatMap((update) =>
    update.parts().map((part, i) => [update.block.parameters[i] as string, part] as const),
  );
  return Object.fromEntries(parts);
}

/** Run `f` at θ − length · direction, and put the old values back. */
function atParameters(parameters: Parameters, direction: Parameters, length: number, f: () => Tensor): Tensor {
  const names = Object.keys(direction).filter((name) => name in parameters);
  const put = (values: (name: string) => Tensor) => {
    for (const name of names) dispatchInto(copyOp, [parameters[name] as Tensor], [values(name)], {});
  };
  return scope(() => {
    const held = Object.fromEntries(names.map((name) => [name, copy(parameters[name] as Tensor)]));
    put((name) => weightedSum(held[name] as Tensor, direction[name] as Tensor, 1, -length));
    try {
      return f();
    } finally {
      put((name) => held[name] as Tensor);
    }
  });
}
