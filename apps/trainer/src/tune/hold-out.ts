/** A data set to tune on: the last training rows become what is evaluated, and the test rows are not there at all. */

import { type Dataset, defineDataset, sliceRows } from "@kronograd/data";

/** Rows held back: 10 000, or a sixth where there are fewer than 60 000. */
export const heldRows = (count: number): number => Math.min(10_000, Math.floor(count / 6));

/**
 * Hold the last training rows back for validation.
 *
 * @throws {UsageError} there are too few rows
 */
export function holdOut(data: Dataset): Dataset {
  const { name, task, classNames, train, source } = data;
  const held = heldRows(train.count);
  const rest = train.count - held;
  return defineDataset({
    name,
    task,
    ...(data.classes === undefined ? {} : { classes: data.classes }),
    ...(classNames === undefined ? {} : { classNames }),
    train: sliceRows(train, 0, rest),
    test: sliceRows(train, rest, train.count),
    source: `${source}, the last ${held} training rows held back`,
  });
}
