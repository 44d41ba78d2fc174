/** Configurations laid over one another: files, `--set`, flags. */

import type { Config } from "./config.ts";

/** A configuration and where it came from; the later of two beats the earlier. */
export interface Layer {
  readonly from: "file" | "set" | "flags";
  readonly config: Config;
}

/** Settings that say how long a run is. */
export const lengthKeys = ["steps", "epochs", "seconds"] as const;

/** Lay configurations over one another. A length in one replaces every length below it. */
export function merge(layers: readonly Layer[]): Config {
  let merged: Config = {};
  for (const { config } of layers) {
    if (lengthKeys.some((key) => config[key] !== undefined)) {
      const { steps: _, epochs: __, seconds: ___, ...rest } = merged;
      merged = rest;
    }
    merged = { ...merged, ...config };
  }
  return merged;
}
