/**
 * The pure-TypeScript backend: typed arrays and readable loops, float32, float64 and int32. It runs everywhere and is the
 * truth that every other backend is tested against. Its few faster kernels (packed GEMM, im2col convolutions) are files
 * beside this one, found by op name.
 */

import { type Backend, Device, type Kernel, registerBackend } from "../backend.ts";
import { type Dtype, type TypedArray, typedArray } from "../dtype.ts";
import { BackendError } from "../errors.ts";
import { cpuKernels } from "./cpu-kernels.ts";

class CpuBackend implements Backend {
  readonly name = "cpu";
  readonly adapter = "JavaScript, one thread";
  readonly kernels: ReadonlyMap<string, Kernel> = cpuKernels;

  allocate(dtype: Dtype, length: number): TypedArray {
    try {
      return typedArray(dtype, length);
    } catch (cause) {
      throw new BackendError({
        where: "cpu",
        problem: `cannot allocate ${length} elements of ${dtype}`,
        help: "Use a smaller batch or model.",
        details: { length, dtype },
        cause,
      });
    }
  }

  free(): void {}

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

registerBackend({ name: "cpu", priority: 0, unavailable: () => null, create: () => new CpuBackend() });
