/** The ambient device and dtype of creation functions; set only for the length of a synchronous call. */

import { cpu } from "../backends/cpu.ts";
import type { Device } from "../device.ts";
import { UsageError } from "../errors.ts";
import type { Dtype } from "./dtype.ts";

/** Where a creation function puts its tensor. A tensor is a placement too: `ones(shape, t)` is made beside t. */
export interface Placement {
  readonly device?: Device;
  readonly dtype?: Dtype;
}

let ambient: { device: Device; dtype: Dtype } = { device: cpu, dtype: "float32" };

/** The device and dtype in force here, with the given choices filled in. */
export function placed({ device, dtype }: Placement): { device: Device; dtype: Dtype } {
  return { device: device ?? ambient.device, dtype: dtype ?? ambient.dtype };
}

/**
 * Run `f` with another default device or dtype.
 *
 * @throws {UsageError} `f` returns a promise
 * @example
 * withDefaults({ dtype: "float64" }, () => ones([2]).dtype);   // "float64"
 */
export function withDefaults<T>(placement: Placement, f: () => T): T {
  const previous = ambient;
  ambient = placed(placement);
  try {
    const result = f();
    if (result instanceof Promise) {
      throw new UsageError({
        where: "withDefaults",
        problem: "the function returned a promise",
        help: "Pass { device, dtype } to each creation.",
      });
    }
    return result;
  } finally {
    ambient = previous;
  }
}
