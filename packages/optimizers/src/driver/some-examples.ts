/**
 * Statistics from some examples of a batch: b < B columns a factor instead of B.
 *
 * The examples are a window of the batch that moves on by its own length from look to look and wraps around, so that over B
 * looks at one batch each example counts alike: the mean of the factors is then that of the whole batch. No random number is
 * drawn.
 */

import { type LayerRecord, layerRecord } from "@kronograd/autograd";
import { concat, slice, sum, type Tensor } from "@kronograd/tensor";

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
  const { examples, weights } = record;
  if (count >= examples) return record;
  const start = (look * count) % examples;
  const over = start + count - examples; // past the end, the window goes on at the first example
  const some = (t: Tensor) =>
    over <= 0 ? slice(t, [[start, start + count]]) : concat([slice(t, [[start]]), slice(t, [[0, over]])]);
  const uses = record.uses.map((use) => ({ ...use, input: some(use.input), outputGrads: use.outputGrads.map(some) }));
  if (weights === undefined) return layerRecord({ ...record, uses, total: count });
  const { examples: omega, positions, count: counts } = weights;
  const seen = {
    ...weights,
    examples: omega && some(omega),
    count: counts && some(counts),
    positions: positions === null ? null : positions.map(some),
  };
  return layerRecord({ ...record, uses, weights: seen, total: seen.examples === null ? count : sum(seen.examples) });
}
