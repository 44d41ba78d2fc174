/** What a curvature method may ask of the loss on the step's batch, beside its gradient. */

import { ggnvp, hvp, type Loss, type Parameters } from "@kronograd/autograd";
import type { Oracles } from "@kronograd/optimizers";
import { copy, copyOp, dispatchInto, scope, type Tensor } from "@kronograd/tensor";

/**
 * Make the oracles that a step asked for.
 *
 * @param forward  the model's outputs on the batch, the same random draws on each call
 */
export function makeOracles(
  wanted: readonly (keyof Oracles)[],
  {
    forward,
    loss,
    targets,
    parameters,
  }: { forward: () => Tensor; loss: Loss; targets: Tensor; parameters: Parameters },
): Oracles {
  const all: Required<Oracles> = {
    hvp: (vectors) => hvp(() => loss.value(forward(), targets), parameters, vectors),
    ggnvp: (vectors) => ggnvp(forward, (outputs) => loss.value(outputs, targets), parameters, vectors),
    trialLoss: (trial) => atParameters(parameters, trial, () => loss.value(forward(), targets)),
  };
  return Object.fromEntries(wanted.map((name) => [name, all[name]]));
}

/** Run `f` with other values in the parameters, and put the old ones back. */
function atParameters(parameters: Parameters, trial: Parameters, f: () => Tensor): Tensor {
  const names = Object.keys(trial);
  const swap = (values: (name: string) => Tensor) => {
    for (const name of names) dispatchInto(copyOp, [parameters[name] as Tensor], [values(name)], {});
  };
  return scope(() => {
    const held = Object.fromEntries(names.map((name) => [name, copy(parameters[name] as Tensor)]));
    swap((name) => trial[name] as Tensor);
    try {
      return f();
    } finally {
      swap((name) => held[name] as Tensor);
    }
  });
}
