/**
 * A reference-counted buffer on a device.
 *
 * Every handle, view, saved tensor and piece of optimizer state holds one reference; the buffer goes back to its backend
 * when the last one is released. In-place updates count `version` up, so that a tape can tell that what it saved is gone.
 */

import type { Device } from "../device.ts";
import type { Handle } from "../layout/operand.ts";
import { bytesPerElement, type Dtype } from "./dtype.ts";

/** A buffer and the number of those that hold it. */
export class Storage {
  readonly device: Device;
  readonly dtype: Dtype;
  /** Elements. */
  readonly length: number;
  readonly handle: Handle;
  /** Times that the contents were overwritten. */
  version = 0;
  #references = 0;
  /** Whether the backend may use the memory again. */
  #owned: boolean;

  /** Allocate, or take over a buffer that the backend made of host memory (`Backend.wrap`) and never frees. */
  constructor(device: Device, dtype: Dtype, length: number, wrapped?: Handle) {
    this.device = device;
    this.dtype = dtype;
    this.length = length;
    this.#owned = wrapped === undefined;
    this.handle = wrapped ?? device.backend.allocate(dtype, length);
    const { memory } = device;
    memory.buffers += 1;
    memory.bytes += this.bytes;
    memory.peakBytes = Math.max(memory.peakBytes, memory.bytes);
  }

  get bytes(): number {
    return this.length * bytesPerElement[this.dtype];
  }

  hold(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references !== 0) return;
    this.device.memory.buffers -= 1;
    this.device.memory.bytes -= this.bytes;
    if (this.#owned) this.device.backend.free(this.handle);
  }

  /** Let somebody outside read and write the buffer for as long as they like: it is never used for another tensor. */
  lend(): void {
    this.#owned = false;
  }
}
