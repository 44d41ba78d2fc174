/**
 * Statistics from some examples of a batch: b < B columns a factor instead of B.
 *
 * The examples are a window of the batch that moves on by its own length from look to look and wraps around, so that over B
 * looks at one batch each example counts alike: the mean of the factors is then that of the whole batch. No random number is
 * drawn.
 */

import { type LayerRecord, layerRecord } from "@kronograd/autograd";
import { add, concat, slice, sum, type Tensor } from "@kronograd/tensor";

/** Where a record's examples stand in the step's batch: from row `from` on, of `total`. */
export interface RowsOfStep {
  readonly from: number;
  readonly total: number;
}

/**
 * The part of a record that a look sees; looks are numbered from 0.
 *
 * @returns undefined if none of the record's examples is among those that the look sees
 */
export type Examples = (record: LayerRecord, look: number, rows?: RowsOfStep) => LayerRecord | undefined;

/**
 * See `count` examples of each step's batch, as if they were the batch; all of them where there are no more. The window is cut
 * on the rows of the whole step, so parts of a batch see their share of it.
 *
 * @example
 * precondition(kfacCurvature(), { examples: someExamples(32) });
 */
export const someExamples =
  (count: number): Examples =>
  (record, look, rows = { from: 0, total: record.examples }) =>
    windowOf(record, count, look, rows);

function windowOf(
  record: LayerRecord,
  count: number,
  look: number,
  { from, total }: RowsOfStep,
): LayerRecord | undefined {
  const { examples, weights } = record;
  if (count >= total) return record;
  const start = (look * count) % total;
  const over = start + count - total; // past the end, the window goes on at the first example
  const wanted = over <= 0 ? [[start, start + count] as const] : [[start, total] as const, [0, over] as const];
  const own = wanted
    .map(([a, b]) => [Math.max(a - from, 0), Math.min(b - from, examples)] as const)
    .filter(([a, b]) => a < b);
  if (own.length === 0) return undefined;
  const some = (t: Tensor) => {
    const pieces = own.map(([a, b]) => slice(t, [[a, b]]));
    return pieces.length === 1 ? (pieces[0] as Tensor) : concat(pieces);
  };
  const uses = record.uses.map((use) => ({ ...use, input: some(use.input), outputGrads: use.outputGrads.map(some) }));
  if (weights === undefined) return layerRecord({ ...record, uses, total: count });
  const { examples: omega, positions, count: counts } = weights;
  const seen = {
    ...weights,
    examples: omega && some(omega),
    count: counts && some(counts),
    positions: positions === null ? null : positions.map(some),
  };
  const { ofStep } = weights; // what the window weighs, over the whole step, so that all parts divide by the same
  const rows = wanted.map(([a, b]) => ofStep && sum(slice(ofStep, [[a, b]])));
  const weight = rows.reduce((a, b) => a && b && add(a, b)) ?? count;
  return layerRecord({ ...record, uses, weights: seen, total: weight });
}
