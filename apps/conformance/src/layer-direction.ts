/** One layer of a net under a curvature method: real capture, the method's driver, and its state for each group. */

import { type Gradient, type LayerRecord, type Objective, valueAndGrad } from "@kronograd/autograd";
import { softmaxCrossEntropy } from "@kronograd/layers";
import { type CurvatureMethod, Optimizer, precondition, type StateTree } from "@kronograd/optimizers";
import { DataError, slice, type Tensor } from "@kronograd/tensor";
import type { CaseRun } from "./handler.ts";
import { type Net, namedNet, netCase } from "./net.ts";

/** What a method made of one group of a layer's output channels (the whole layer, where there is one group). */
export interface GroupDirection<S> {
  /** Rows of the gradient [dW | db] or dW: [out/groups, D]. */
  readonly gradient: Tensor;
  readonly direction: Tensor;
  readonly record: LayerRecord;
  readonly state: S;
}

/** The objective of a `net` case: its mean cross-entropy on its own batch. */
export async function netObjective(run: CaseRun, name: string): Promise<{ net: Net; objective: Objective }> {
  const fixture = netCase(run, name);
  const net = await namedNet(run, name);
  const x = run.tensor(fixture.inputs.x as never);
  const targets = run.indices(fixture.params.labels);
  return { net, objective: { outputs: () => net.forward(x), loss: softmaxCrossEntropy(), targets } };
}

/** Let a method see one batch and precondition its gradient; by layer, one entry for each group. */
export function directions<S extends StateTree>(
  objective: Objective,
  parameters: Net["parameters"],
  method: CurvatureMethod<S>,
  damping: number,
): (layer: string) => GroupDirection<S>[] {
  const optimizer = new Optimizer({ name: method.name, learningRate: 1, chain: precondition(method, { damping }) });
  const { gradients, records } = valueAndGrad(objective, parameters, { capture: optimizer.needs(0) });
  const updates = optimizer.update(gradients, { parameters, records, step: 0 });
  const states = optimizer.state as unknown as Readonly<Record<string, { method: S }>>;
  return (layer) => {
    const [gradient, update, record] = [gradients.get(layer), updates.get(layer), records.get(layer)];
    if (gradient === undefined || update === undefined || record === undefined) {
      throw new DataError({ where: "net", problem: `it has no layer "${layer}"`, expected: [...records.keys()] });
    }
    const { groups } = gradient.block;
    return Array.from({ length: groups }, (_, k) => ({
      gradient: rowsOf(gradient, k, groups),
      direction: rowsOf(update, k, groups),
      record: record.group(k),
      state: states[groups === 1 ? layer : `${layer}[group ${k}]`]!.method,
    }));
  };
}

function rowsOf(gradient: Gradient, k: number, groups: number): Tensor {
  const height = gradient.block.shape[0]! / groups;
  return slice(gradient.dense(), [[k * height, (k + 1) * height], null]);
}
