/**
 * Training rows that do not fit into memory: chunks of rows that are opened epoch by epoch, in an order that a seed decides,
 * and that can be opened in the middle, so that a resumed run finds its place.
 */

import { permutation, type Rng, UsageError } from "@kronograd/tensor";
import type { Columns, ColumnsLike, ColumnsOf } from "./column.ts";
import { type Dataset, type DatasetParts, defineDataset, type Split } from "./dataset.ts";
import { sha256 } from "./sha256.ts";
import { takeRows } from "./take-rows.ts";

/** Rows in chunks. */
export interface RowStream<I extends Columns = Columns, T extends Columns = Columns> {
  /** Rows of an epoch. */
  readonly count: number;
  /**
   * Chunks of any size with the rows of one epoch; equal streams of random numbers give equal rows in equal order.
   *
   * @param options.rng   decides the order
   * @param options.skip  rows at the beginning that are left out
   */
  open(options: { readonly rng: Rng; readonly skip: number }): AsyncIterable<Split<I, T>> | Iterable<Split<I, T>>;
}

/** A data set whose training rows are a stream. Its other rows stay in memory. */
export interface StreamedDataset<I extends Columns = Columns, T extends Columns = Columns>
  extends Omit<Dataset<I, T>, "train"> {
  readonly train: RowStream<I, T>;
}

/** Options of `defineStreamedDataset`. */
export interface StreamedParts<I extends ColumnsLike = ColumnsLike, T extends ColumnsLike = ColumnsLike>
  extends Omit<DatasetParts<I, T>, "train"> {
  readonly train: RowStream<ColumnsOf<I>, ColumnsOf<T>>;
  /** Names the training rows: a checkpoint goes on with a stream of the same identity only. */
  readonly identity: string;
}

/** Whether training rows are a stream. */
export const isStream = (train: Split | RowStream): train is RowStream => "open" in train;

/**
 * Make a data set of a stream of training rows, and of validation and test rows in memory.
 *
 * @throws {UsageError | ShapeError | DataError} as `defineDataset`
 * @example
 * const { test } = moons({ rng: new Rng(0) });
 * const train = shardStream([500, 500], (shard) => moons({ rng: new Rng(shard), train: 500 }).train);
 * defineStreamedDataset({ name: "moons", task: "classification", classes: 2, train, test, identity: "1", source: "shards" });
 */
export function defineStreamedDataset<I extends ColumnsLike, T extends ColumnsLike>({
  train,
  identity,
  ...rest
}: StreamedParts<I, T>): StreamedDataset<ColumnsOf<I>, ColumnsOf<T>> {
  const parts = { ...rest, train: rest.test } as DatasetParts<I, T>;
  const held = defineDataset(parts);
  const own = JSON.stringify([held.fingerprint, train.count, identity]);
  return { ...held, train, fingerprint: sha256(new TextEncoder().encode(own)) };
}

/**
 * Make a stream of shards: files of a folder, parts of a corpus. Each epoch takes the shards in a new order, and the rows of
 * each in a new order; one shard is in memory at a time.
 *
 * @param counts  rows of each shard
 * @param load    reads a shard
 * @throws {UsageError} there are no shards; in use: a shard holds another number of rows
 * @example
 * shardStream([500, 300], (shard) => moons({ rng: new Rng(shard), train: shard === 0 ? 500 : 300 }).train).count;   // 800
 */
export function shardStream<I extends Columns, T extends Columns>(
  counts: readonly number[],
  load: (shard: number) => Split<I, T> | Promise<Split<I, T>>,
): RowStream<I, T> {
  if (counts.length === 0) throw new UsageError({ where: "shardStream", problem: "there are no shards" });
  return {
    count: counts.reduce((a, b) => a + b),
    async *open({ rng, skip }) {
      let left = skip;
      for (const shard of permutation(rng.fork("shards"), counts.length)) {
        const count = counts[shard] as number;
        if (left >= count) left -= count;
        else {
          const rows = await load(shard);
          if (rows.count !== count) {
            const [expected, got] = [count, rows.count];
            throw new UsageError({ where: `shard ${shard}`, problem: "holds another number of rows", expected, got });
          }
          yield takeRows(rows, permutation(rng.fork(shard), count).subarray(left));
          left = 0;
        }
      }
    },
  };
}
