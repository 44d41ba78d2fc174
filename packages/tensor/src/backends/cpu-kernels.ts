/** The kernels of the `cpu` backend, by op name. Everything else runs its reference loops. */

import type { Kernel } from "../backend.ts";

export const cpuKernels: ReadonlyMap<string, Kernel> = new Map<string, Kernel>([]);
