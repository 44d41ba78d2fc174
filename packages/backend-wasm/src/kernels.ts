/** Every kernel of the backend, by op name. */

import type { Kernel } from "@kronograd/tensor";
import type { Runtime } from "./runtime.ts";

export function allKernels(_runtime: Runtime): Map<string, Kernel> {
  return new Map();
}
