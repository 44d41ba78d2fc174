/**
 * A training step on an asynchronous device: everything is enqueued, nothing is waited for.
 *
 * The host does not know yet whether this step, or the ones before it, hold. So a flag stays on the device: it is 1 while every
 * step so far was finite, and falls to 0 for good at the first that was not. Parameters and buffers are written by that
 * flag. The step's numbers come in one readback, whenever they come; whoever reads there that a step did not hold takes the
 * optimizer back to before it (`holdState`), opens a new flag, and goes on with the next batch: the steps in between have
 * written nothing.
 */

import { storedTensors, type Updates } from "@kronograd/optimizers";
import {
  add,
  cast,
  concat,
  countNonFinite,
  dispatchInto,
  elementwise,
  full,
  reshape,
  retain,
  run,
  scope,
  type Tensor,
} from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { lookInParts } from "./micro-batches.ts";
import { directionsOf, normOf, type StepInput, type StepResult } from "./step.ts";

/** 1 while every count so far was 0 */
const openOp = /* @__PURE__ */ elementwise(
  "stepsHold",
  (flag, count) => e.select(e.greater(count, e.constant(0)), e.constant(0), flag),
  { noVjp: "a flag", int32: [0, 1] },
);

/** w ← w − rate · direction where the flag is up */
const gatedStepOp = /* @__PURE__ */ elementwise(
  "gatedStep",
  (w, direction, flag) => e.select(flag, e.sub(w, e.mul(e.parameter("rate"), direction)), w),
  { noVjp: "in place", int32: [2] },
);

/** buffer ← next where the flag is up */
const gatedCopyOp = /* @__PURE__ */ elementwise("gatedCopy", (buffer, next, flag) => e.select(flag, next, buffer), {
  noVjp: "in place",
  int32: [2],
});

/** A step that was enqueued. Its owner disposes of the flag. */
export interface LaunchedStep {
  /** [] int32: whether this step and all before it hold. */
  readonly flag: Tensor;
  /** Rejects where the device cannot be read. */
  readonly result: Promise<StepResult>;
}

/** The flag before the first step. */
export const openFlag = ({ device }: Pick<Tensor, "device">): Tensor =>
  scope(() => retain(full([], 1, { device, dtype: "int32" })));

/** Enqueue one step. @param before  the flag of the steps before it */
export function launchStep(input: StepInput, before: Tensor): LaunchedStep {
  const { parameters, optimizer, batch, step, rng, clock, microBatch = Number.POSITIVE_INFINITY } = input;
  return scope(() => {
    const mark = clock.markOf();
    mark("forward");
    const seen = lookInParts({ ...input, batch, capture: optimizer.needs(step), rng, mark }, microBatch);
    const counts: [what: string, count: Tensor][] = [
      ["loss", countNonFinite(seen.value)],
      ["gradient", countOf(seen.gradients)],
    ];
    mark("update");
    const reported: Record<string, number | Tensor> = {};
    const guard = (what: string, values: readonly Tensor[]) => {
      const count = countNonFinite(...values);
      counts.push([what, count]);
      return count;
    };
    const directions = directionsOf({ ...input, guard }, seen, reported, mark);
    if (typeof directions === "string") return refused(seen.value, directions);
    counts.push(["direction", countOf(directions)]);

    mark("apply");
    const flag = retain(run(openOp, [before, counts.map(([, count]) => count).reduce(add)], {}));
    optimizer.apply(parameters, directions, step, { op: gatedStepOp, flag });
    for (const [buffer, next] of seen.commits) dispatchInto(gatedCopyOp, [buffer], [buffer, next, flag], {});
    const norm = normOf(seen.gradients, step);
    const late = Object.entries(reported).filter((entry): entry is [string, Tensor] => typeof entry[1] !== "number");
    const asked = [...counts, ...late, ...(norm === null ? [] : [["norm", norm] as const])];
    const values = read([seen.value, ...asked.map(([, t]) => t)]);
    return { flag, result: values.then(([loss, ...rest]) => resultOf(loss, counts, late, rest, reported)) };
  });
}

/** @param values  of the counts, of what was reported late, and the gradient's norm where there is one */
function resultOf(
  loss: number,
  counts: readonly (readonly [what: string, count: Tensor])[],
  late: readonly (readonly [name: string, value: Tensor])[],
  values: readonly number[],
  reported: Readonly<Record<string, number | Tensor>>,
): StepResult {
  const bad = counts.findIndex((_, i) => values[i] !== 0);
  if (bad >= 0) {
    const [what] = counts[bad] as (typeof counts)[number];
    const skipped = what === "loss" ? `loss is ${loss}` : `${values[bad]} values of the ${what} are not finite`;
    return { loss, reported: {}, skipped };
  }
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(reported)) if (typeof value === "number") numbers[name] = value;
  for (const [i, [name]] of late.entries()) numbers[name] = values[counts.length + i] as number;
  const gradNorm = values[counts.length + late.length];
  return { loss, reported: numbers, skipped: null, ...(gradNorm === undefined ? {} : { gradNorm }) };
}

/** A step that the host itself refused: the flag falls. */
function refused(value: Tensor, skipped: string): LaunchedStep {
  const flag = retain(full([], 0, { device: value.device, dtype: "int32" }));
  return { flag, result: read([value]).then(([loss]) => ({ loss, reported: {}, skipped })) };
}

/** The values of some [], the first a loss, in one readback. */
async function read(tensors: readonly Tensor[]): Promise<[loss: number, ...rest: number[]]> {
  const { dtype } = tensors[0] as Tensor;
  using all = retain(concat(tensors.map((t) => reshape(cast(t, dtype), [1]))));
  return [...(await all.data())] as [number, ...number[]];
}

const countOf = (updates: Updates): Tensor => countNonFinite(...[...updates.values()].flatMap(storedTensors));
