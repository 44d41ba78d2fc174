/** Some of the rows of a split, as a split. */

import { sizeOf } from "@kronograd/tensor";
import { type Column, type Columns, type ColumnValues, columnEntries, mapColumns } from "./column.ts";
import type { Split } from "./dataset.ts";

/**
 * The rows with the given numbers, in that order, copied.
 *
 * @example
 * takeRows(spiral({ rng: new Rng(0) }).train, [4, 2]).count;   // 2
 */
export function takeRows<I extends Columns, T extends Columns>(
  split: Split<I, T>,
  rows: ArrayLike<number>,
): Split<I, T> {
  return withColumns(split, rows.length, ({ values, shape }) => {
    const size = sizeOf(shape);
    const taken = new (values.constructor as new (length: number) => ColumnValues)(rows.length * size);
    for (let i = 0; i < rows.length; i++) taken.set(values.subarray(rows[i]! * size, (rows[i]! + 1) * size), i * size);
    return taken;
  });
}

/**
 * The rows from one number up to another, which share the memory of the split.
 *
 * @example
 * sliceRows(spiral({ rng: new Rng(0) }).train, 10, 30).count;   // 20
 */
export function sliceRows<I extends Columns, T extends Columns>(
  split: Split<I, T>,
  from: number,
  to: number,
): Split<I, T> {
  return withColumns(split, to - from, ({ values, shape }) =>
    values.subarray(from * sizeOf(shape), to * sizeOf(shape)),
  );
}

/** The rows of some splits with the same columns, one split after the other. */
export function joinRows(splits: readonly Split[]): Split {
  const [first] = splits as readonly [Split, ...Split[]];
  if (splits.length === 1) return first;
  const count = splits.reduce((sum, split) => sum + split.count, 0);
  const join = (columnsOf: (split: Split) => Columns) =>
    mapColumns(columnsOf(first), (column, name) => {
      const parts = splits.map((split) => new Map(columnEntries(columnsOf(split))).get(name)?.values as ColumnValues);
      const make = column.values.constructor as new (length: number) => ColumnValues;
      const values = new make(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        values.set(part, at);
        at += part.length;
      }
      return { ...column, values };
    });
  return {
    count,
    inputs: join(({ inputs }) => inputs),
    targets: join(({ targets }) => targets),
    ...(first.weights === undefined ? {} : { weights: join(({ weights }) => weights as Columns) }),
  };
}

function withColumns<I extends Columns, T extends Columns>(
  { inputs, targets, weights }: Split<I, T>,
  count: number,
  valuesOf: (column: Column) => ColumnValues,
): Split<I, T> {
  const change = (columns: Columns) => mapColumns(columns, (column) => ({ ...column, values: valuesOf(column) }));
  const split: Split = {
    count,
    inputs: change(inputs),
    targets: change(targets),
    ...(weights === undefined ? {} : { weights: change(weights) }),
  };
  return split as Split<I, T>;
}
