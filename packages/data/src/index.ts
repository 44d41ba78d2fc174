/**
 * `@kronograd/data`: readers of bytes in memory, data sets real and synthetic, and seeded batches. Files are the business of
 * `@kronograd/data/node`.
 */

export * from "./batch-source.ts";
export * from "./batches.ts";
export {
  type Column,
  type ColumnLike,
  type Columns,
  type ColumnsLike,
  type ColumnsOf,
  type ColumnValues,
  isColumn,
  type NestedRows,
  type PixelScaling,
  type Prepare,
  soleColumn,
} from "./column.ts";
export {
  type Dataset,
  type DatasetParts,
  defineDataset,
  type Split,
  type SplitName,
  type SplitParts,
} from "./dataset.ts";
export { type CsvParseOptions, type CsvRow, parseCsv } from "./formats/csv.ts";
export type { ArrayReadOptions, HostArray } from "./formats/elements.ts";
export * from "./formats/gzip.ts";
export * from "./formats/idx.ts";
export { readNpy, writeNpy } from "./formats/npy.ts";
export * from "./formats/safetensors.ts";
export * from "./gather.ts";
export { type HoldOutOptions, holdOut, withValidation } from "./hold-out.ts";
export * from "./sets/cifar10.ts";
export * from "./sets/csv.ts";
export * from "./sets/file-source.ts";
export * from "./sets/idx-images.ts";
export * from "./sets/mnist.ts";
export * from "./sets/pixels.ts";
export { sha256 } from "./sha256.ts";
export * from "./stream.ts";
export * from "./synthetic/blobs.ts";
export * from "./synthetic/circles.ts";
export type { PointOptions, SyntheticOptions } from "./synthetic/generate.ts";
export * from "./synthetic/ill-conditioned.ts";
export * from "./synthetic/moons.ts";
export * from "./synthetic/spiral.ts";
export * from "./synthetic/teacher-student.ts";
export * from "./synthetic/xor.ts";
export { joinRows, sliceRows, takeRows } from "./take-rows.ts";
