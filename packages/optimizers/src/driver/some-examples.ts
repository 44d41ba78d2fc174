/**
 * Statistics from some examples of a batch: b < B columns a factor instead of B.
 *
 * The examples are a window of the batch that moves on by its own length from look to look and wraps around, so that over B
 * looks at one batch each example counts alike: the mean of the factors is then that of the whole batch. No random number is
 * drawn.
 */

import { type LayerRecord, layerRecord } from "@kronograd/autograd";
import { concat, slice, type Tensor } from "@kronograd/tensor";

/** What a look at a record sees of it; looks are numbered from 0. */
export type Examples = (record: LayerRecord, look: number) => LayerRecord;

/**
 * See `count` examples of each batch, as if they were the batch; all of them where there are no more.
 *
 * @example
 * precondition(kfacCurvature(), { examples: someExamples(32) });
 */
export const someExamples =
  (count: number): Examples =>
  (record, look) =>
    windowOf(record, count, look);

function windowOf(record: LayerRecord, count: number, look: number): LayerRecord {
  const { name, geometry, hasBias, labels, examples } = record;
  if (count >= examples) return record;
  const start = (look * count) % examples;
  const over = start + count - examples; // past the end, the window goes on at the first example
  const some = (t: Tensor) =>
    over <= 0 ? slice(t, [[start, start + count]]) : concat([slice(t, [[start]]), slice(t, [[0, over]])]);
  const uses = record.uses.map(({ input, outputGrads }) => ({
    input: some(input),
    outputGrads: outputGrads.map(some),
  }));
  return layerRecord({ name, geometry, hasBias, labels, uses });
}
