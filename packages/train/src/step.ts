/**
 * One training step: batch in, parameters changed, numbers out.
 *
 * Order: forward, backward (with what the optimizer wants captured), a look for non-finite values, update, another look,
 * apply, then the buffers that layers asked to commit. A step whose loss, gradient or direction is not finite, or whose
 * curvature cannot be factored, changes no parameter, no buffer and nothing of the optimizer's state. This file is for devices
 * that answer at once; late-step.ts holds the same rule where they do not.
 */

import { type Gradient, type Loss, type Parameters, squaredNorm } from "@kronograd/autograd";
import type { Batch } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import { holdState, type Optimizer, type UpdateOptions, type Updates } from "@kronograd/optimizers";
import {
  add,
  copyOp,
  countNonFinite,
  dispatchInto,
  NumericalError,
  type Rng,
  scope,
  sqrt,
  type Tensor,
  type Tree,
} from "@kronograd/tensor";
import { soleTensor } from "./batch-rows.ts";
import type { Clock } from "./clock.ts";
import { lookInParts, type Seen } from "./micro-batches.ts";
import { makeOracles } from "./oracles.ts";

/** What a step needs. */
export interface StepInput {
  readonly model: Layer<Tree>;
  readonly parameters: Parameters;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly batch: Batch;
  /** From 0. */
  readonly step: number;
  /** The step's own stream. */
  readonly rng: Rng;
  readonly clock: Clock;
  /** Rows at a time; default: the whole batch. */
  readonly microBatch?: number;
  /** Gets what the step depends on, where the device is asynchronous. */
  readonly guard?: UpdateOptions["guard"];
}

/** What a step gives. */
export interface StepResult {
  readonly loss: number;
  /** Absent where gradients exist only as factors. */
  readonly gradNorm?: number;
  readonly reported: Readonly<Record<string, number>>;
  /** Why the step was skipped, or null. */
  readonly skipped: string | null;
}

/** Run one step; see the head of this file for the order. */
export function trainStep(input: StepInput): StepResult {
  const { parameters, optimizer, batch, step, rng, clock, microBatch = Number.POSITIVE_INFINITY } = input;
  const mark = clock.markOf();
  return scope(() => {
    mark("forward");
    const seen = lookInParts({ ...input, batch, capture: optimizer.needs(step), rng, mark }, microBatch);
    const bad = nonFinite(seen);
    const loss = seen.value.itemSync();
    if (bad !== null) return { loss, reported: {}, skipped: bad };

    mark("update");
    const reported: Record<string, number | Tensor> = {};
    using before = holdState(optimizer);
    const directions = directionsOf(input, seen, reported, mark);
    const trouble = typeof directions === "string" ? directions : nonFiniteIn("direction", directions);
    if (typeof directions === "string" || trouble !== null) {
      before.restore();
      return { loss, reported: {}, skipped: trouble };
    }

    mark("apply");
    optimizer.apply(parameters, directions, step);
    for (const [buffer, next] of seen.commits) dispatchInto(copyOp, [buffer], [next], {});
    clock.pause(); // what follows is for the reader
    const gradNorm = normOf(seen.gradients)?.itemSync();
    const numbers = Object.entries(reported).map(([name, n]) => [name, typeof n === "number" ? n : n.itemSync()]);
    return {
      loss,
      reported: Object.fromEntries(numbers),
      skipped: null,
      ...(gradNorm === undefined ? {} : { gradNorm }),
    };
  });
}

/** The optimizer's directions, or why there are none. */
export function directionsOf(
  { model, parameters, loss, optimizer, batch: { inputs, targets }, step, rng, guard }: StepInput,
  { gradients, records }: Seen,
  reported: Record<string, number | Tensor>,
  mark: (phase: string) => void,
): Updates | string {
  const forward = () => model.forward(inputs, { training: true, rng: rng.fork("layers") });
  const { oracles = [] } = optimizer.needs(step);
  try {
    return optimizer.update(gradients, {
      parameters,
      step,
      records,
      oracles: makeOracles(oracles, { forward, loss, targets: soleTensor("targets", targets), parameters }),
      rng: rng.fork("optimizer"),
      report: (name, number) => {
        reported[name] = number;
      },
      mark,
      ...(guard === undefined ? {} : { guard }),
    });
  } catch (error) {
    if (error instanceof NumericalError) return error.message; // a failed pivot: the state is as it was
    throw error;
  }
}

function nonFinite({ value, gradients }: Seen): string | null {
  if (countNonFinite(value).itemSync() > 0) return `loss is ${value.itemSync()}`;
  return nonFiniteIn("gradient", gradients);
}

/** The first block with values that are not finite, in words; one pass over memory where there is none. */
function nonFiniteIn(what: string, updates: Updates): string | null {
  if (countNonFinite(...[...updates.values()].flatMap(stored)).itemSync() === 0) return null;
  const counts = [...updates].map(
    ([name, gradient]) => [name, countNonFinite(...stored(gradient)).itemSync()] as const,
  );
  const [name, count] = counts.find(([, n]) => n > 0) as readonly [string, number];
  return `${count} values of the ${what} of "${name}" are not finite`;
}

/** The tensors of a gradient as they are stored: nothing is formed for the look. */
export function stored(gradient: Gradient): readonly Tensor[] {
  if (gradient.factors === undefined) return gradient.extrapolation?.x ?? gradient.parts();
  const { g, a, last } = gradient.factors;
  return last === undefined ? [g, a] : [g, a, last];
}

/** The norm of all gradients together, []; null where some exist only as factors. */
export function normOf(gradients: Updates): Tensor | null {
  const all = [...gradients.values()];
  if (all.some(({ factors }) => factors !== undefined)) return null;
  return sqrt(all.map(squaredNorm).reduce(add));
}
