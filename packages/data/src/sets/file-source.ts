/** Where the files of a data set come from: a folder, a server. */

import type { NamedBytes } from "./idx-images.ts";

/** A place with files. */
export interface FileSource {
  /** The place in words: a folder's path. It becomes the data set's `source`. */
  readonly place: string;
  /**
   * Read the first of these files that is there.
   *
   * @param help  what to do where there is none
   * @throws {DataError} none of them is there, or it cannot be read
   */
  read(names: readonly string[], help: string): Promise<NamedBytes>;
}
