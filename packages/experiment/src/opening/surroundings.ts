/** What the surroundings of an experiment bring: files, and code of the user's own. Node has both, a page has what it fetches. */

import type { FileSource } from "@kronograd/data";
import { UsageError } from "@kronograd/tensor";
import type { DataSetEntry } from "../catalogs/data-set.ts";

/** Files and code. */
export interface Surroundings {
  /** The files of a data set. */
  filesOf(set: DataSetEntry): FileSource;
  /** The table that a text such as "table.csv" names. */
  table(path: string): FileSource;
  /**
   * The default export of a file of the user's own.
   *
   * @param what  what it should make, for messages: "a model"
   * @throws {UsageError} it cannot be loaded, or exports no function
   */
  load(file: string, what: string): Promise<(...values: never[]) => unknown>;
}

/** Surroundings without files and without code of the user's own. */
export const bareSurroundings: Surroundings = {
  filesOf: ({ name }) => nothing(`data set "${name}"`),
  table: (path) => nothing(path),
  load(file) {
    throw new UsageError({ where: file, problem: "files of your own cannot be loaded here" });
  },
};

const nothing = (place: string): FileSource => ({
  place,
  read(names) {
    throw new UsageError({ where: place, problem: "there are no files here", expected: names.join(" or ") });
  },
});

/** Whether a name is that of a user's file. */
export const isFile = (name: string): boolean => /\.[cm]?[jt]s$/.test(name);
