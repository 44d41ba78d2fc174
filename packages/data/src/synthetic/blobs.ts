/** Normal clouds, one for each class. */

import type { Column } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { checkCount, checkNumber, labelledPoints, type PointOptions, streams } from "./generate.ts";

/** Settings of `blobs`; `noise` is the deviation of each cloud. */
export interface BlobsOptions extends PointOptions {
  /** Clouds, each a class. Default 3. */
  readonly classes?: number;
  /** Coordinates of a point. Default 2. */
  readonly dimensions?: number;
  /** Standard deviation of the clouds' centres. Default 3. */
  readonly spread?: number;
}

/**
 * Make normal clouds of deviation `noise` (1) around normal centres, which both splits share.
 *
 * @throws {UsageError}  fewer than 2 classes, or another setting out of its range
 * @example
 * blobs({ rng: new Rng(0), classes: 4, dimensions: 8 }).inputShape;   // [8]
 */
export function blobs(options: BlobsOptions): Dataset<Column, Column> {
  const { classes = 3, dimensions = 2, spread = 3, noise = 1 } = options;
  checkCount("blobs", "classes", classes, 2);
  checkCount("blobs", "dimensions", dimensions);
  checkNumber("blobs", "spread", spread, 0);
  const { fixed } = streams("blobs", options.rng);
  const centres = Array.from({ length: classes }, () =>
    Array.from({ length: dimensions }, () => spread * fixed.normal()),
  );
  const settings = { classes, dimensions, spread };
  return labelledPoints(
    "blobs",
    { ...options, noise },
    settings,
    { classes, dimensions },
    (_, label) => centres[label]!,
  );
}
