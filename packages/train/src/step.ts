/**
 * One training step: batch in, parameters changed, numbers out.
 *
 * Order: forward, backward (with what the optimizer wants captured), a look for non-finite values, update, apply, then
 * the buffers that layers asked to commit. A step whose loss or gradient is not finite changes nothing.
 */

import { type Gradient, ggnvp, hvp, type Loss, type Parameters, valueAndGrad } from "@kronograd/autograd";
import type { Batch } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import type { Oracles, Optimizer } from "@kronograd/optimizers";
import { countNonFinite, dispatchInto, copyOp, type Rng, scope, sqrt, sum, type Tensor } from "@kronograd/tensor";
import type { Clock } from "./clock.ts";

export interface StepInput {
  readonly model: Layer;
  readonly parameters: Parameters;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly batch: Batch;
  /** From 0. */
  readonly step: number;
  /** The step's own stream. */
  readonly rng: Rng;
  readonly clock: Clock;
}

export interface StepResult {
  readonly loss: number;
  /** Absent where gradients exist only as factors. */
  readonly gradNorm?: number;
  readonly reported: Readonly<Record<string, number>>;
  /** What was not finite, if the step was skipped for it. */
  readonly skipped: string | null;
}

/** Run one step; see the head of this file for the order. */
export function trainStep({ model, parameters, loss, optimizer, batch, step, rng, clock }: StepInput): StepResult {
  return scope(() => {
    clock.mark("forward");
    const { inputs, targets } = batch;
    const commits: [Tensor, Tensor][] = [];
    const mode = { training: true, rng: rng.fork("layers"), commit: (buffer: Tensor, value: Tensor) => commits.push([buffer, value]) };
    const needs = optimizer.needs(step);
    const result = valueAndGrad({ outputs: () => model.forward(inputs, mode), loss, targets }, parameters, {
      capture: needs,
      rng: rng.fork("labels"),
      mark: (phase) => clock.mark(phase as "backward" | "labels"),
    });
    const value = result.value.itemSync();
    const skipped = nonFinite(value, result.gradients);
    if (skipped !== null) return { loss: value, reported: {}, skipped };

    clock.mark("update");
    const reported: Record<string, number | Tensor> = {};
    const forward = () => model.forward(inputs, { training: true, rng: rng.fork("layers") });
    const directions = optimizer.update(result.gradients, {
      parameters,
      step,
      records: result.records,
      oracles: makeOracles(needs.oracles ?? [], forward, loss, targets, parameters),
      rng: rng.fork("optimizer"),
      report: (name, number) => {
        reported[name] = number;
      },
      mark: (phase) => clock.mark(phase as "statistics" | "refresh" | "precondition" | "update"),
    });
    clock.mark("apply");
    optimizer.apply(parameters, directions, step);
    for (const [buffer, next] of commits) dispatchInto(copyOp, [buffer], [next], {});
    const gradNorm = normOf(result.gradients);
    const numbers = Object.entries(reported).map(([name, number]) => [name, typeof number === "number" ? number : number.itemSync()]);
    return { loss: value, reported: Object.fromEntries(numbers), skipped: null, ...(gradNorm === null ? {} : { gradNorm }) };
  });
}

/** The tensors of a gradient as they are stored: nothing is formed for the look. */
function stored(gradient: Gradient): readonly Tensor[] {
  return gradient.factors === undefined ? gradient.parts() : [gradient.factors.g, gradient.factors.a];
}

function nonFinite(value: number, gradients: ReadonlyMap<string, Gradient>): string | null {
  if (!Number.isFinite(value)) return `loss is ${value}`;
  for (const [name, gradient] of gradients) {
    const bad = stored(gradient).reduce((count, t) => count + countNonFinite(t).itemSync(), 0);
    if (bad > 0) return `${bad} values of the gradient of "${name}" are not finite`;
  }
  return null;
}

function normOf(gradients: ReadonlyMap<string, Gradient>): number | null {
  let total: Tensor | null = null;
  for (const gradient of gradients.values()) {
    if (gradient.factors !== undefined) return null;
    for (const part of gradient.parts()) {
      const square = sum(part.mul(part));
      total = total === null ? square : total.add(square);
    }
  }
  return total === null ? null : sqrt(total).itemSync();
}

function makeOracles(wanted: readonly (keyof Oracles)[], forward: () => Tensor, loss: Loss, targets: Tensor, parameters: Parameters): Oracles {
  const all: Required<Oracles> = {
    hvp: (vectors) => hvp(() => loss.value(forward(), targets), parameters, vectors),
    ggnvp: (vectors) => ggnvp(forward, (outputs) => loss.value(outputs, targets), parameters, vectors),
    trialLoss: (trial) => atParameters(parameters, trial, () => loss.value(forward(), targets)),
  };
  return Object.fromEntries(wanted.map((name) => [name, all[name]]));
}

/** Run `f` with other values in the parameters, and put the old ones back. */
function atParameters<T>(parameters: Parameters, trial: Parameters, f: () => T): T {
  const names = Object.keys(trial);
  const swap = (values: (name: string) => Tensor) => {
    for (const name of names) dispatchInto(copyOp, [parameters[name] as Tensor], [values(name)], {});
  };
  const held = scope(() => Object.fromEntries(names.map((name) => [name, (parameters[name] as Tensor).scale(1)])));
  swap((name) => trial[name] as Tensor);
  try {
    return f();
  } finally {
    swap((name) => held[name] as Tensor);
  }
}
