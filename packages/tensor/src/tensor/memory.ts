/** Live memory of a device. */

import type { MemoryReport } from "../backend.ts";
import type { Device } from "../device.ts";
import { placed } from "./defaults.ts";

/**
 * Count what is alive on a device (default: the ambient one), as it is now.
 *
 * @example
 * const before = memory().tensors;
 * step();
 * console.log(memory().tensors - before);   // 0, or `traceHandles` tells why not
 */
export function memory(device: Device = placed({}).device): Readonly<MemoryReport> {
  return { ...device.memory };
}
