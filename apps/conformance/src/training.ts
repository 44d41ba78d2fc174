/** Training steps by hand, for trajectories: minibatches in turn, the optimizer's own capture, its update and its apply. */

import { valueAndGrad } from "@kronograd/autograd";
import { softmaxCrossEntropy } from "@kronograd/layers";
import type { Optimizer } from "@kronograd/optimizers";
import { copy, neg, retain, scope, slice, type Tensor } from "@kronograd/tensor";
import type { CaseRun, Result, Results } from "./handler.ts";
import type { Net } from "./net.ts";

export interface Trajectory {
  readonly net: Net;
  readonly optimizer: Optimizer;
  /** All rows; minibatch t is rows of batch number t mod (rows / batch). */
  readonly x: Tensor;
  readonly targets: Tensor;
  readonly batch: number;
  readonly steps: number;
  /** Climb instead of descending. */
  readonly maximize?: boolean;
}

/** Losses before each step, and the parameters after those steps that the case asks for. */
export async function trajectory(
  run: CaseRun,
  { net, optimizer, x, targets, batch, steps, maximize = false }: Trajectory,
): Promise<Results> {
  const { parameters, forward } = net;
  const loss = softmaxCrossEntropy();
  const batches = Math.floor(x.shape[0]! / batch);
  const losses: number[] = [];
  const results: Record<string, Result> = { losses };
  for (let step = 0; step < steps; step++) {
    const start = (step % batches) * batch;
    const value = scope(() => {
      const rows = (t: Tensor) => slice(t, [[start, start + batch]]);
      const objective = {
        outputs: () => forward(rows(x)),
        loss: maximize ? { ...loss, value: (y: Tensor, t: Tensor) => neg(loss.value(y, t)) } : loss,
        targets: rows(targets),
      };
      const {
        value: now,
        gradients,
        records,
      } = valueAndGrad(objective, parameters, { capture: optimizer.needs(step) });
      optimizer.apply(parameters, optimizer.update(gradients, { parameters, records, step }), step);
      return retain(now);
    });
    losses.push((maximize ? -1 : 1) * (await value.item()));
    value.dispose();
    const key = `after_step_${step + 1}`;
    if (key in run.case.expected)
      results[key] = Object.fromEntries(Object.entries(parameters).map(([name, t]) => [name, copy(t)]));
  }
  optimizer[Symbol.dispose]();
  return results;
}
