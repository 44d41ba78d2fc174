/** Batches of training rows in a seeded order, whether the rows are in memory or come in chunks. */

import { assertWhole, DataError, type Rng, UsageError } from "@kronograd/tensor";
import { type BatchPosition, batchOrder } from "./batches.ts";
import type { Split } from "./dataset.ts";
import { isStream, type RowStream } from "./stream.ts";
import { joinRows, sliceRows } from "./take-rows.ts";

/** Rows of one batch: their numbers in a split. */
export interface BatchRows {
  readonly split: Split;
  readonly rows: ArrayLike<number>;
}

/** An endless stream of batches. */
export interface BatchSource {
  /** Batches in an epoch. */
  readonly perEpoch: number;
  /** Number of rows in batch `number`, counted from 0 over all epochs. */
  sizeOf(number: number): number;
  /** The rows of the next batch, at once where they are in memory; moves on by one. */
  next(): BatchRows | Promise<BatchRows>;
  /** The place of the next batch, for a checkpoint. */
  state(): BatchPosition;
  /** Go to a place that `state()` gave. */
  restore(position: BatchPosition): void;
  /** Give up what is open; the next batch opens it again. */
  close(): void;
}

/**
 * Make the batches of training rows.
 *
 * @param rng  its key decides the order; it does not advance
 * @throws {UsageError} sizes that are not whole numbers ≥ 1, or no full batch in an epoch with `dropLast`
 * @example
 * batchSource(moons({ rng: new Rng(0) }).train, 100, new Rng(0)).perEpoch;   // 10
 */
export function batchSource(
  train: Split | RowStream,
  batch: number,
  rng: Rng,
  { dropLast = true }: { readonly dropLast?: boolean } = {},
): BatchSource {
  if (isStream(train)) return streamed(train, batch, rng, dropLast);
  const order = batchOrder(train.count, batch, rng, { dropLast });
  return { ...order, next: () => ({ split: train, rows: order.next() }), close() {} };
}

function streamed(stream: RowStream, batch: number, rng: Rng, dropLast: boolean): BatchSource {
  const { count } = stream;
  assertWhole("batchSource", "batch", batch);
  const perEpoch = dropLast ? Math.floor(count / batch) : Math.ceil(count / batch);
  if (perEpoch === 0) {
    const [expected, got] = [`batch ≤ ${count}`, batch];
    throw new UsageError({ where: "batchSource", problem: "the data does not fill one batch", expected, got });
  }
  const sizeOf = (number: number) => Math.min(batch, count - (number % perEpoch) * batch);
  let place: BatchPosition = { epoch: 0, index: 0 };
  let open: AsyncIterator<Split> | Iterator<Split> | undefined;
  let rest: Split | undefined; // rows of the last chunk that no batch has taken
  const close = () => {
    void open?.return?.();
    open = undefined;
    rest = undefined;
  };
  const chunk = async (): Promise<Split> => {
    open ??= iteratorOf(stream.open({ rng: rng.fork(place.epoch), skip: place.index * batch }));
    const { value, done } = await open.next();
    if (done !== true) return value;
    throw new DataError({
      where: `epoch ${place.epoch} of the stream`,
      problem: "ended before all of its rows were read",
      expected: `${count} rows`,
      help: "Let `count` say how many rows an epoch has.",
    });
  };
  return {
    perEpoch,
    sizeOf,
    async next() {
      const parts: Split[] = [];
      let wanted = sizeOf(place.index);
      while (wanted > 0) {
        const from: Split = rest ?? (await chunk());
        const taken = Math.min(wanted, from.count);
        parts.push(sliceRows(from, 0, taken));
        rest = taken === from.count ? undefined : sliceRows(from, taken, from.count);
        wanted -= taken;
      }
      const { epoch, index } = place;
      place = index + 1 === perEpoch ? { epoch: epoch + 1, index: 0 } : { epoch, index: index + 1 };
      if (place.index === 0) close();
      const split = joinRows(parts);
      return { split, rows: Array.from({ length: split.count }, (_, row) => row) };
    },
    state: () => place,
    restore(position) {
      close();
      place = position;
    },
    close,
  };
}

const iteratorOf = (chunks: AsyncIterable<Split> | Iterable<Split>) =>
  Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
