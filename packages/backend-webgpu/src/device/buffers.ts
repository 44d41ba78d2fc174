/**
 * Buffers and the pool that they come from and go back to.
 *
 * A freed buffer serves the next tensor of its size class: commands run in the order of the program, so what is still to be
 * read by an earlier command is read before a later one writes. float64 has no place on a GPU: such buffers are host memory.
 */

import { BackendError, bytesPerElement, type Dtype, type TypedArray, typedArray } from "@kronograd/tensor";
import { usage } from "./flags.ts";

interface Common {
  readonly dtype: Dtype;
  readonly length: number;
  /** Why the reference that should have filled it could not. */
  error: unknown;
  /** What a kernel asks of the values when somebody reads them: the error that it could not throw, if there is one. */
  check?: ((values: TypedArray) => unknown) | undefined;
}

/** Memory of the GPU. */
export interface GpuBlock extends Common {
  readonly buffer: GPUBuffer;
  /** A name that no other buffer of the device has. */
  readonly id: number;
}

/** Memory of the host. */
export interface HostBlock extends Common {
  readonly data: TypedArray;
}

/** One tensor's buffer. */
export type Block = GpuBlock | HostBlock;

export const isOnGpu = (block: Block): block is GpuBlock => "buffer" in block;

/** Bytes of values in a block. */
export const bytesOf = ({ dtype, length }: Common): number => length * bytesPerElement[dtype];

/** Steps of a half and a third between powers of two: at most a third of a buffer lies idle. */
export function sizeClass(bytes: number): number {
  let power = 256;
  while (power < bytes) power *= 2;
  return power > 256 && bytes <= (power / 4) * 3 ? (power / 4) * 3 : power;
}

/** Buffers of one device by size class. */
export class Pool {
  /** Buffers that were made, because no free one would do. */
  made = 0;
  /** Bytes of all buffers, in use or free. */
  bytes = 0;
  readonly #device: GPUDevice;
  readonly #onFault: (error: BackendError) => void;
  readonly #free = new Map<number, { buffer: GPUBuffer; id: number }[]>();
  readonly #all = new Set<GPUBuffer>();
  #checked: Promise<unknown> = Promise.resolve();

  constructor(device: GPUDevice, onFault: (error: BackendError) => void) {
    this.#device = device;
    this.#onFault = onFault;
  }

  /** Settles when the device has said of every buffer made so far whether there was memory for it. */
  get checked(): Promise<unknown> {
    return this.#checked;
  }

  take(dtype: Dtype, length: number): Block {
    if (dtype === "float64") return { dtype, length, data: typedArray(dtype, length), error: undefined };
    const bytes = sizeClass(length * bytesPerElement[dtype]);
    const { buffer, id } = this.#free.get(bytes)?.pop() ?? this.#make(bytes, `${dtype} [${length}]`);
    return { dtype, length, buffer, id, error: undefined };
  }

  give(block: Block): void {
    if (!isOnGpu(block)) return;
    const { buffer, id } = block;
    if (!this.#all.has(buffer)) return; // there was no memory for it
    const list = this.#free.get(buffer.size) ?? [];
    this.#free.set(buffer.size, list);
    list.push({ buffer, id });
  }

  destroy(): void {
    for (const buffer of this.#all) buffer.destroy();
    this.#all.clear();
    this.#free.clear();
    this.bytes = 0;
  }

  #make(bytes: number, what: string): { buffer: GPUBuffer; id: number } {
    const { limits } = this.#device;
    const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
    if (bytes > most) {
      throw new BackendError({
        where: "webgpu",
        problem: `one tensor is larger than this device's largest buffer`,
        expected: `at most ${most} bytes`,
        got: `${what}, ${bytes} bytes with its size class`,
        help: "Use smaller batches, or split the tensor.",
      });
    }
    this.#device.pushErrorScope("out-of-memory");
    const buffer = this.#device.createBuffer({
      size: bytes,
      usage: usage.storage | usage.copySource | usage.copyTarget,
    });
    const held = this.bytes;
    const scope = this.#device.popErrorScope().then(
      (error) => {
        if (error === null) return;
        this.#all.delete(buffer);
        this.bytes -= bytes;
        this.#onFault(
          new BackendError({
            where: "webgpu",
            problem: `the device has no memory left for ${what}`,
            got: `${bytes} bytes asked for, ${held} bytes held`,
            help: "Use smaller batches or a smaller model, or close other programs that use the GPU.",
            cause: error,
          }),
        );
        this.#releaseFree();
      },
      () => {}, // the device was lost, which is reported where it was noticed
    );
    this.#checked = this.#checked.then(() => scope);
    this.made += 1;
    this.bytes += bytes;
    this.#all.add(buffer);
    return { buffer, id: this.made };
  }

  /** Memory is at its end: what lies free in other size classes goes back to the device. */
  #releaseFree(): void {
    for (const { buffer } of [...this.#free.values()].flat()) {
      this.#all.delete(buffer);
      this.bytes -= buffer.size;
      buffer.destroy();
    }
    this.#free.clear();
  }
}
