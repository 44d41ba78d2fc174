/** The options that `kronograd tune` found, which race and train start from. */

import { readFileSync } from "node:fs";

/** One optimizer's tuned options, and how they were found. */
export interface Tuned {
  readonly options: Readonly<Record<string, unknown>>;
  /** Grid points that were tried for it; the same number for every rival. */
  readonly points: number;
  /** What they were tried on. */
  readonly on: string;
}

/** Where the tuned options are kept. */
export const tunedFile = new URL("./defaults.json", import.meta.url);

/** Tuned options by optimizer. */
export const tuned: Readonly<Record<string, Tuned>> = JSON.parse(readFileSync(tunedFile, "utf8"));
