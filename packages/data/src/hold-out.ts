/** Validation rows for data sets that have none: a seeded share of the training rows, with the same mix of classes. */

import { permutation, type Rng, UsageError } from "@kronograd/tensor";
import { type Columns, isColumn } from "./column.ts";
import type { Dataset, Split } from "./dataset.ts";
import { sha256 } from "./sha256.ts";
import { takeRows } from "./take-rows.ts";

/** How `holdOut` chooses. */
export interface HoldOutOptions {
  /** Chooses the rows; it does not advance. */
  readonly rng: Rng;
  /** The share of the rows that become validation rows, of each class. Default 0.1. */
  readonly share?: number;
}

/**
 * Split training rows in two: the rest, and those held out. Both keep the order of the rows.
 *
 * Where the target is one label, each class gives its share, rounded so that the whole share is kept.
 *
 * @throws {UsageError} a share that is not between 0 and 1, or that leaves one of the two without rows
 * @example
 * const { train, validation } = holdOut(moons({ rng: new Rng(0) }).train, { rng: new Rng(0) });
 * [train.count, validation.count];   // [900, 100]
 */
export function holdOut<I extends Columns, T extends Columns>(
  split: Split<I, T>,
  { rng, share = 0.1 }: HoldOutOptions,
): { readonly train: Split<I, T>; readonly validation: Split<I, T> } {
  const { count } = split;
  const held = Math.round(share * count);
  if (!(share > 0 && share < 1) || held < 1 || held >= count) {
    throw new UsageError({
      where: "holdOut",
      problem: "a share of the rows must leave rows on both sides",
      expected: `between 0 and 1, of ${count} rows`,
      got: share,
      help: "Give the data set validation rows of its own, or choose another share.",
    });
  }
  const order = permutation(rng.fork("hold out"), count);
  const chosen = new Uint8Array(count);
  for (const row of stratified(order, labelsOf(split), held)) chosen[row] = 1;
  const rows = (mark: number) => Array.from(chosen.keys()).filter((row) => chosen[row] === mark);
  return { train: takeRows(split, rows(0)), validation: takeRows(split, rows(1)) };
}

/**
 * The data set with validation rows held out of its training rows; one that has some is given back as it is.
 *
 * @throws {UsageError} a share that is not between 0 and 1, or that leaves one of the two without rows
 * @example
 * withValidation(moons({ rng: new Rng(0) }), { rng: new Rng(0), share: 0.2 }).validation?.count;   // 200
 */
export function withValidation<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  { rng, share = 0.1 }: HoldOutOptions,
): Dataset<I, T> {
  if (data.validation !== undefined) return data;
  const parts = [data.fingerprint, share, rng.fork("hold out").state().key];
  return {
    ...data,
    ...holdOut(data.train, { rng, share }),
    fingerprint: sha256(new TextEncoder().encode(JSON.stringify(parts))),
    source: `${data.source}, ${share} of the training rows held out for validation`,
  };
}

/** The label of each row; null where a row has no label, or several. */
function labelsOf({ targets }: Split): ArrayLike<number> | null {
  return isColumn(targets) && targets.classes !== undefined && targets.shape.length === 0 ? targets.values : null;
}

/** `held` rows: of each class the share that it has in all, by the order given. */
function stratified(order: Int32Array, labels: ArrayLike<number> | null, held: number): Iterable<number> {
  if (labels === null) return order.subarray(0, held);
  const classes = new Map<number, number[]>();
  for (const row of order) {
    const label = labels[row]!;
    const rows = classes.get(label);
    if (rows === undefined) classes.set(label, [row]);
    else rows.push(row);
  }
  // Row k of a class of n stands at (k + ½)/n: the first rows by that key are the same share of each class.
  const keyed = [...classes.entries()]
    .sort(([a], [b]) => a - b)
    .flatMap(([, rows]) => rows.map((row, k) => ({ row, key: (k + 0.5) / rows.length })));
  keyed.sort((a, b) => a.key - b.key);
  return keyed.slice(0, held).map(({ row }) => row);
}
