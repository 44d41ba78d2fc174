/** What the tests of metrics share; not exported. */

import { argMax, greater, sameShape, type Tensor } from "@kronograd/tensor";
import type { Measured, Metric, Read, Table } from "../src/metric.ts";

/** Outputs and targets of a batch. */
export interface Answers {
  readonly outputs: Tensor;
  readonly targets: Tensor;
  readonly weights?: Tensor;
}

/** A metric's value over some batches, read as `evaluate` reads it. */
export function metricOver<S, M extends Measured>(
  metric: Metric<S, M>,
  ...batches: readonly Answers[]
): number | Table {
  let state = metric.start();
  for (const { outputs, targets, weights = null } of batches) {
    const isNumbers = targets.dtype !== "int32";
    const predictions = isNumbers ? outputs : sameShape(outputs.shape, targets.shape) ? greater(outputs, 0) : argMax(outputs); // biome-ignore format: a table
    const measured = metric.measure(outputs, { inputs: outputs, targets, predictions, weights });
    const read = Object.entries(measured).map(([name, t]) => [name, typeof t === "number" ? [t] : t.dataSync()]);
    state = metric.add(state, Object.fromEntries(read) as Read<M>);
  }
  return metric.value(state);
}
