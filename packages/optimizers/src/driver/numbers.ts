/** Transforms that read numbers inside a step, and devices that cannot give them. */

import { BackendError, type Device } from "@kronograd/tensor";
import type { Transform } from "../transform.ts";

/** The error of what reads numbers on a device that must be waited for. */
export function readsNumbers(where: string, kind: string): BackendError {
  return new BackendError({
    where,
    problem: `device "${kind}" is asynchronous, and a number must be read within the step`,
    help: `Train on "cpu" or "wasm", or without ${where}.`,
  });
}

/**
 * Refuse a device that must be waited for before the run starts, where a link of the chain reads numbers inside a step.
 *
 * @throws {BackendError} names the link
 */
export function assertNumbers(chain: Transform, device: Device): void {
  if (device.backend.host !== undefined) return;
  const { links = [] } = chain;
  for (const link of links) assertNumbers(link, device);
  if (chain.numbers === true) throw readsNumbers(chain.name, device.kind);
}
