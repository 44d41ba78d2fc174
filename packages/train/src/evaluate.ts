/** Loss and accuracy of a model over a whole split. */

import type { Loss } from "@kronograd/autograd";
import { gatherBatch, type Split, sequentialBatches } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import { openScope, type Placement, type Tensor } from "@kronograd/tensor";

export interface Evaluation {
  /** Mean over the examples. */
  readonly loss: number;
  /** Share of examples whose largest output is at their label; absent in regression. */
  readonly accuracy?: number;
}

/**
 * Run a model over every row of a split, without training anything.
 *
 * @param options.batch  rows at a time (default 500)
 */
export async function evaluate(model: Layer, loss: Loss, split: Split, options: Placement & { batch?: number } = {}): Promise<Evaluation> {
  const { batch = 500, ...placement } = options;
  let total = 0;
  let right = 0;
  for (const rows of sequentialBatches(split.count, batch)) {
    using _ = openScope();
    const { inputs, targets } = gatherBatch(split, rows, placement);
    const outputs = model.forward(inputs, { training: false });
    const value = await loss.value(outputs, targets).item();
    total += loss.reduction === "mean" ? value * rows.length : value;
    if (targets.dtype === "int32") right += await countRight(outputs, targets);
  }
  const mean = total / split.count;
  return split.targets instanceof Int32Array ? { loss: mean, accuracy: right / split.count } : { loss: mean };
}

async function countRight(outputs: Tensor, targets: Tensor): Promise<number> {
  const scores = await outputs.data();
  const labels = await targets.data();
  const classes = outputs.shape[outputs.rank - 1] as number;
  let right = 0;
  for (let row = 0; row < labels.length; row++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if ((scores[row * classes + c] as number) > (scores[row * classes + best] as number)) best = c;
    if (best === labels[row]) right += 1;
  }
  return right;
}
