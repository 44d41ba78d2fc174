/** Some of the rows of a split, as a split. */

import { sizeOf } from "@kronograd/tensor";
import { type Column, type Columns, type ColumnValues, mapColumns } from "./column.ts";
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
