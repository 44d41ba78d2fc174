/**
 * A reference-counted buffer on a device.
 *
 * Every handle, view, saved tensor and piece of optimizer state holds one reference; the buffer goes back to its backend
 * when the last one is released. In-place updates count `version` up, so that a tape can tell that what it saved is gone.
 */

import type { Device, Handle } from "./backend.ts";
import { bytesPerElement, type Dtype } from "./dtype.ts";

export class Storage {
  readonly device: Device;
  readonly dtype: Dtype;
  /** Elements. */
  readonly length: number;
  readonly handle: Handle;
  /** Times that the contents were overwritten. */
  version = 0;
  #references = 0;

  constructor(device: Device, dtype: Dtype, length: number) {
    this.device = device;
    this.dtype = dtype;
    this.length = length;
    this.handle = device.backend.allocate(dtype, length);
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
    this.device.backend.free(this.handle);
  }
}
