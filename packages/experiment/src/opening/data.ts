/** Data sets from their texts: a name of the catalog, with options, or a CSV file. */

import { csvDataset, type Dataset, gunzip } from "@kronograd/data";
import { Rng } from "@kronograd/tensor";
import { entryOf, find } from "../catalogs/catalog.ts";
import { dataSets } from "../catalogs/index.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a table is told. */
export interface TableOptions {
  readonly task?: "classification" | "regression" | undefined;
}

/** Whether a text names a CSV file. */
export const isCsv = (name: string): boolean => /\.csv(\.gz)?$/i.test(name);

/**
 * Open a data set. Its rows never depend on the seed of a run: every seed and rival sees the same.
 *
 * @throws {UsageError} an unknown name (with the nearest that exists), or an option that it does not have
 * @throws {DataError}  a file that is missing or damaged, or a value that is not finite
 * @example
 * await openData("spiral(turns=1.5)", bareSurroundings);
 */
export async function openData(
  text: string,
  surroundings: Pick<Surroundings, "filesOf" | "table">,
  { task }: TableOptions = {},
): Promise<Dataset> {
  const rng = new Rng(0);
  if (isCsv(text)) {
    const { file, bytes } = await surroundings.table(text).read([text], "Check the path.");
    return csvDataset(await gunzip(bytes, file), { rng, file, ...(task === undefined ? {} : { task }) });
  }
  const { entry, options } = find(dataSets, text, "a .csv file");
  return entry.make(options, { rng, files: surroundings.filesOf(entry) });
}

/** The accuracy (or loss, in regression) that rivals are timed to by default. */
export const defaultTarget = (text: string): number => entryOf(dataSets, text)?.target ?? 0.9;
