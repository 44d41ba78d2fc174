/** Configurations laid over one another: files, `--set`, flags. */

import { lengthKeys } from "@kronograd/experiment";
import type { Config } from "./config.ts";

/** A configuration and where it came from; the later of two beats the earlier. */
export interface Layer {
  readonly from: "file" | "set" | "flags";
  readonly config: Config;
}

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
