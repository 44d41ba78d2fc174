/** What a command of `kronograd` is. */

import type { Arguments, OwnFlag } from "../command-line/arguments.ts";
import type { Flag } from "../command-line/flags.ts";

/** One command: a file of this folder. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What stands behind the name: "<run>". */
  readonly usage: string;
  /** Flags that fill in the configuration. */
  readonly flags: readonly Flag[];
  /** Flags of its own. */
  readonly own: readonly OwnFlag[];
  /** More lines for `--help`. */
  readonly notes?: readonly string[];
  /** @returns the exit code */
  run(given: Arguments): Promise<number>;
}
