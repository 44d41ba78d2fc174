/** Loss and accuracy of a model over a whole split. */

import type { Loss } from "@kronograd/autograd";
import { gatherBatch, type Split, sequentialBatches, soleColumn } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import { argMax, equal, type Placement, scope, sum, type Tensor, type Tree } from "@kronograd/tensor";
import { soleTensor } from "./batch-rows.ts";

/** How good a model is on a split. */
export interface Evaluation {
  /** Mean over the examples (over their sum, for a loss that sums). */
  readonly loss: number;
  /** Share of examples whose largest output is at their label; absent in regression. */
  readonly accuracy?: number;
}

/**
 * Run a model over every row of a split, without training anything.
 *
 * @param options.batch  rows at a time (default 500); it does not change the result but for rounding
 * @example
 * const { accuracy } = await evaluate(model, softmaxCrossEntropy(), data.test);
 */
export async function evaluate(
  model: Layer<Tree>,
  loss: Loss,
  split: Split,
  options: Placement & { batch?: number } = {},
): Promise<Evaluation> {
  const { batch = 500, ...placement } = options;
  const isClassification = isLabels(split);
  const all: Promise<readonly [rows: number, value: number, right: number]>[] = [];
  for (const rows of sequentialBatches(split.count, batch)) {
    // Only the two handles outlive the scope, so that nothing stays open while a device is waited for.
    const seen = scope(() => {
      const { inputs, targets: tree } = gatherBatch(split, rows, placement);
      const targets = soleTensor("targets", tree);
      const outputs = model.forward(inputs, { training: false });
      const value = loss.value(outputs, targets);
      return { value, right: isClassification ? countRight(outputs, targets) : null };
    });
    const values = Promise.all([read(seen.value), seen.right === null ? 0 : read(seen.right)]);
    all.push(values.then(([value, right]) => [rows.length, value, right]));
  }
  let total = 0;
  let right = 0;
  for (const [rows, value, count] of await Promise.all(all)) {
    total += loss.reduction === "mean" ? value * rows : value;
    right += count;
  }
  const mean = total / split.count;
  return isClassification ? { loss: mean, accuracy: right / split.count } : { loss: mean };
}

/** Whether targets are class numbers. */
const isLabels = ({ targets }: Split): boolean => soleColumn(targets).prepare === "integers";

/** Rows whose largest output is at their label, []. */
function countRight(outputs: Tensor, targets: Tensor): Tensor {
  return sum(equal(argMax(outputs), targets));
}

async function read(t: Tensor): Promise<number> {
  using held = t;
  return await held.item();
}
