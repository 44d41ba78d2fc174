/** A data set to tune on: the last training rows become what is evaluated, and the test rows are not there at all. */

import { type Dataset, defineDataset, type Split } from "@kronograd/data";
import { sizeOf } from "@kronograd/tensor";

/** Rows held back: 10 000, or a sixth where there are fewer than 60 000. */
export const heldRows = (count: number): number => Math.min(10_000, Math.floor(count / 6));

/**
 * Hold the last training rows back for validation.
 *
 * @throws {UsageError} there are too few rows
 */
export function holdOut(data: Dataset): Dataset {
  const { name, task, inputShape, targetShape, classes, classNames, train, source } = data;
  const held = heldRows(train.count);
  const rest = train.count - held;
  return defineDataset({
    name,
    task,
    inputShape,
    ...(classes === undefined ? { targetShape } : { classes }),
    ...(classNames === undefined ? {} : { classNames }),
    ...(train.scaling === undefined ? {} : { scaling: train.scaling }),
    train: rows(train, 0, rest),
    test: rows(train, rest, train.count),
    source: `${source}, the last ${held} training rows held back`,
  });
}

function rows({ inputs, targets, inputShape, targetShape }: Split, from: number, to: number) {
  const [input, target] = [sizeOf(inputShape), sizeOf(targetShape)];
  return { inputs: inputs.subarray(from * input, to * input), targets: targets.subarray(from * target, to * target) };
}
