/** CSV tables from files. */

import type { Column } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { gunzip } from "../formats/gzip.ts";
import { type CsvOptions, csvDataset } from "../sets/csv.ts";
import { checkSha256 } from "../sha256.ts";
import { readBytes } from "./file-system.ts";

/** Which file `csv` reads, and how. */
export interface CsvFileOptions extends Omit<CsvOptions, "file"> {
  /** The table; a `.gz` file is decompressed. */
  readonly path: string;
  /** The SHA-256 that the file must have: a table cut short between two rows looks like a whole one. */
  readonly sha256?: string;
}

/**
 * Read a CSV file as a data set; see `csvDataset` for what its columns become.
 *
 * @throws {DataError}   the file cannot be read, is damaged, or a cell that should be a number is not one
 * @throws {UsageError}  an unknown column
 * @example
 * const iris = await csv({ path: "iris.csv", target: "species", rng: new Rng(0) });
 */
export async function csv({ path, sha256, ...options }: CsvFileOptions): Promise<Dataset<Column, Column>> {
  const bytes = await readBytes(path);
  if (sha256 !== undefined) checkSha256(path, bytes, sha256);
  return csvDataset(await gunzip(bytes, path), { ...options, file: path });
}
