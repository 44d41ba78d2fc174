/**
 * One training step: batch in, parameters changed, numbers out.
 *
 * Order: forward, backward (with what the optimizer wants captured), a look for non-finite values, update, another look,
 * apply, then the buffers that layers asked to commit. A step whose loss, gradient or direction is not finite, or whose
 * curvature cannot be factored, changes no parameter, no buffer and nothing of the optimizer's state. This file is for devices
 * that answer at once; late-step.ts holds the same rule where they do not.
 */

import type { Loss, Parameters } from "@kronograd/autograd";
import type { Batch } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import {
  holdState,
  type Optimizer,
  type Roles,
  squaredNorm,
  storedTensors,
  type UpdateOptions,
  type Updates,
} from "@kronograd/optimizers";
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
import { lookInParts, partsOf, type Seen } from "./micro-batches.ts";
import { type LossPart, makeOracles } from "./oracles.ts";

/** Inputs of a step. */
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
  /** Role of each parameter in the model. */
  readonly roles?: Roles;
  /** Gets what the step depends on, where the device is asynchronous. */
  readonly guard?: UpdateOptions["guard"];
}

/** Result of a step. */
export interface StepResult {
  readonly loss: number;
  /** Of all gradients together; where some exist only as factors, whose norm is a product of its own, at every tenth step. */
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
    const gradNorm = normOf(seen.gradients, step)?.itemSync();
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
  input: StepInput,
  { gradients, labelGradients, records }: Seen,
  reported: Record<string, number | Tensor>,
  mark: (phase: string) => void,
): Updates | string {
  const { parameters, optimizer, step, rng, guard, roles } = input;
  const { oracles: wanted = [] } = optimizer.needs(step);
  using oracles = makeOracles(wanted, wanted.length === 0 ? [] : lossParts(input), parameters);
  try {
    return optimizer.update(gradients, {
      parameters,
      step,
      records,
      ...(labelGradients && { labelGradients }),
      ...(roles && { roles }),
      oracles,
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

/** The step's loss as a function of the parameters, part by part. */
function lossParts({ model, loss, batch, rng, microBatch = Number.POSITIVE_INFINITY }: StepInput): LossPart[] {
  return partsOf({ batch, loss, rng }, microBatch).map((make) => {
    const { batch: part, rows, rng: own } = make();
    return {
      forward: () => model.forward(part.inputs, { training: true, rng: own.fork("layers") }),
      loss: (outputs) => loss.value(outputs, soleTensor("targets", part.targets), rows),
    };
  });
}

function nonFinite({ value, gradients }: Seen): string | null {
  if (countNonFinite(value).itemSync() > 0) return `loss is ${value.itemSync()}`;
  return nonFiniteIn("gradient", gradients);
}

/** The first block with values that are not finite, in words; one pass over memory where there is none. */
function nonFiniteIn(what: string, updates: Updates): string | null {
  if (countNonFinite(...[...updates.values()].flatMap(storedTensors)).itemSync() === 0) return null;
  const counts = [...updates].map(
    ([name, gradient]) => [name, countNonFinite(...storedTensors(gradient)).itemSync()] as const,
  );
  const [name, count] = counts.find(([, n]) => n > 0) as readonly [string, number];
  return `${count} values of the ${what} of "${name}" are not finite`;
}

const normEvery = 10; // 2 B² (out + in) flops for a layer: a fifth of a step of a small net

/** The norm of all gradients together, []; null at steps at which that of factors is left out. */
export function normOf(gradients: Updates, step: number): Tensor | null {
  const all = [...gradients.values()];
  if (step % normEvery !== 0 && all.some(({ factors }) => factors !== undefined)) return null;
  return sqrt(all.map(squaredNorm).reduce(add));
}
