/**
 * The order in which training sees its rows: a function of seed and position alone, so that rivals of a race share it
 * and a resumed run finds its place.
 *
 * Epoch e is the permutation of the stream `rng.fork(e)`; nothing is drawn from the stream given, and what else is drawn
 * from it does not matter.
 */

import { assertWhole, permutation, Rng, UsageError } from "@kronograd/tensor";

/** The place of the next batch: its epoch and its number within the epoch, both from 0. */
export interface BatchPosition {
  readonly epoch: number;
  readonly index: number;
}

/** An endless stream of batches of row numbers. */
export interface BatchOrder {
  readonly count: number;
  readonly batch: number;
  /** Batches in an epoch. */
  readonly perEpoch: number;
  /** Number of rows in batch `number`, counted from 0 over all epochs. */
  sizeOf(number: number): number;
  /** The row numbers of the next batch; moves on by one. */
  next(): Int32Array;
  /** The place of the next batch, for a checkpoint. */
  state(): BatchPosition;
  /** Go to a place that `state()` gave. */
  restore(position: BatchPosition): void;
}

/** How `batchOrder` walks through an epoch. */
export interface BatchOrderOptions {
  /** A new random order every epoch; else rows come in the order of the file. Default true. */
  readonly shuffle?: boolean;
  /**
   * Leave out the rows at the end of an epoch that do not fill a batch, so that all steps see equally many rows (curvature
   * statistics of one size); with shuffling they are other rows every epoch. Default true.
   */
  readonly dropLast?: boolean;
}

/**
 * Make the stream of batches that every rival of a race shares.
 *
 * @param count  rows of the split
 * @param batch  rows in a batch
 * @param rng    a stream or a seed; only its key is used, and it does not advance
 * @throws {UsageError}  sizes that are not whole numbers ≥ 1, or no full batch in an epoch with `dropLast`
 * @example
 * const order = batchOrder(60_000, 128, new Rng(0));
 * order.next();     // 128 row numbers
 * order.state();    // { epoch: 0, index: 1 }
 */
export function batchOrder(
  count: number,
  batch: number,
  rng: Rng | number,
  options: BatchOrderOptions = {},
): BatchOrder {
  const { shuffle = true, dropLast = true } = options;
  checkSizes("batchOrder", count, batch);
  const perEpoch = dropLast ? Math.floor(count / batch) : Math.ceil(count / batch);
  if (perEpoch === 0) {
    throw new UsageError({
      where: "batchOrder",
      problem: "the data does not fill one batch",
      expected: `batch ≤ ${count}`,
      got: batch,
      help: "Use a smaller batch, or dropLast: false.",
    });
  }
  const stream = typeof rng === "number" ? new Rng(rng) : rng; // only its key counts
  let epoch = 0;
  let index = 0;
  let order: Int32Array | undefined;
  return {
    count,
    batch,
    perEpoch,
    sizeOf: (number) => Math.min(batch, count - (number % perEpoch) * batch),
    next() {
      order ??= shuffle ? permutation(stream.fork(epoch), count) : inOrder(0, count);
      const rows = order.slice(index * batch, (index + 1) * batch);
      index += 1;
      if (index === perEpoch) {
        epoch += 1;
        index = 0;
        order = undefined;
      }
      return rows;
    },
    state: () => ({ epoch, index }),
    restore(position) {
      const valid = [position.epoch, position.index].every((value) => Number.isSafeInteger(value) && value >= 0);
      if (!valid || position.index >= perEpoch) {
        throw new UsageError({
          where: "batchOrder.restore",
          problem: "there is no such batch",
          expected: `epoch ≥ 0 and index in 0 … ${perEpoch - 1}`,
          got: JSON.stringify(position),
          help: "The position is from a run with other data or another batch size.",
        });
      }
      ({ epoch, index } = position);
      order = undefined;
    },
  };
}

/**
 * Every row once and in order, the last batch being shorter if need be: what evaluation walks through.
 *
 * @throws {UsageError}  sizes that are not whole numbers ≥ 1
 * @example
 * [...sequentialBatches(5, 2)];   // [0, 1], [2, 3], [4]
 */
export function* sequentialBatches(count: number, batch: number): Generator<Int32Array> {
  checkSizes("sequentialBatches", count, batch);
  for (let start = 0; start < count; start += batch) yield inOrder(start, Math.min(count, start + batch));
}

function inOrder(start: number, end: number): Int32Array {
  return Int32Array.from({ length: end - start }, (_, i) => start + i);
}

function checkSizes(where: string, count: number, batch: number): void {
  assertWhole(where, "count", count);
  assertWhole(where, "batch", batch);
}
