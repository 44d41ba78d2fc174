/**
 * The pure-TypeScript backend: typed arrays of float32, float64 and int32. It runs everywhere and is the truth that every
 * other backend is tested against. It has no kernels of its own: the loops of each op are what it runs, and so a program
 * carries the loops of the ops that it uses and no others.
 */

import type { Backend, Kernel } from "../backend.ts";
import { Device } from "../device.ts";
import { BackendError } from "../errors.ts";
import { type Dtype, dtypeOf, type TypedArray, typedArray } from "../tensor/dtype.ts";

const mostSpareBytes = 2 ** 28;

class CpuBackend implements Backend {
  readonly name = "cpu";
  readonly adapter = "JavaScript, one thread";
  readonly kernels: ReadonlyMap<string, Kernel> = new Map();

  /** Arrays for reuse by "dtype length": a fresh array costs several times its first use, as pages are mapped and cleared. */
  readonly #spare = new Map<string, TypedArray[]>();
  #spareBytes = 0;

  allocate(dtype: Dtype, length: number): TypedArray {
    const spare = this.#spare.get(`${dtype} ${length}`)?.pop();
    if (spare !== undefined) {
      this.#spareBytes -= spare.byteLength;
      return spare;
    }
    try {
      return typedArray(dtype, length);
    } catch (cause) {
      throw new BackendError({
        where: "cpu",
        problem: `cannot allocate ${length} elements of ${dtype}`,
        help: "Use a smaller batch or model.",
        cause,
      });
    }
  }

  free(handle: TypedArray): void {
    if (this.#spareBytes + handle.byteLength > mostSpareBytes) {
      this.#spare.clear();
      this.#spareBytes = 0;
    }
    const key = `${dtypeOf(handle)} ${handle.length}`;
    const list = this.#spare.get(key);
    if (list === undefined) this.#spare.set(key, [handle]);
    else list.push(handle);
    this.#spareBytes += handle.byteLength;
  }

  wrap(values: TypedArray): TypedArray {
    return values;
  }

  write(handle: TypedArray, values: TypedArray): void {
    handle.set(values);
  }

  read(handle: TypedArray): TypedArray {
    return handle.slice();
  }

  host(handle: TypedArray): TypedArray {
    return handle;
  }
}

/** The device that every tensor uses unless told otherwise. */
export const cpu: Device = new Device(new CpuBackend(), { why: ["cpu: the default"] });
