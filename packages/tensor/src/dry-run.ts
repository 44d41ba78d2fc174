/**
 * A run of code that computes nothing: shapes are checked, tensors are made and disposed of, memory is counted, and no kernel
 * runs. It tells what a step needs before the step is run.
 *
 * Values that are read are those that were written from the host, else ones (zeros of int32, and no number counts as not
 * finite). So code that looks at values must not depend on more than that.
 */

import type { Backend, Kernel } from "./backend.ts";
import type { Device } from "./device.ts";
import { UsageError } from "./errors.ts";
import type { Handle, Operand } from "./layout/operand.ts";
import { type Dtype, type TypedArray, typedArray } from "./tensor/dtype.ts";

/** A buffer that holds what was written to it, and takes no memory of the device. */
class DryBuffer {
  readonly dtype: Dtype;
  readonly length: number;
  #values: TypedArray | undefined;

  constructor(dtype: Dtype, length: number) {
    this.dtype = dtype;
    this.length = length;
  }

  get values(): TypedArray {
    this.#values ??= typedArray(this.dtype, this.length).fill(this.dtype === "int32" ? 0 : 1);
    return this.#values;
  }

  write(values: TypedArray): void {
    this.#values = values;
  }
}

const skip: Kernel = () => true;

/** Answers "all is finite". */
const countNothing: Kernel = ([out]) => {
  const { handle } = out as Operand;
  const { dtype, length } = handle as DryBuffer;
  (handle as DryBuffer).write(typedArray(dtype, length));
  return true;
};

const kernels = { get: (name: string) => (name === "countNonFinite" ? countNothing : skip) } as ReadonlyMap<
  string,
  Kernel
>;

function dryBackend(real: Backend): Backend {
  const valuesOf = (handle: Handle) => (handle instanceof DryBuffer ? handle.values : undefined);
  const { host, dtypes } = real;
  return {
    name: real.name,
    adapter: real.adapter,
    ...(dtypes && { dtypes }),
    allocate: (dtype, length) => new DryBuffer(dtype, length),
    free(handle) {
      if (!(handle instanceof DryBuffer)) real.free(handle);
    },
    write(handle, values) {
      if (handle instanceof DryBuffer) handle.write(values);
    },
    read: (handle) => valuesOf(handle) ?? real.read(handle),
    ...(host && { host: (handle: Handle) => valuesOf(handle) ?? host.call(real, handle) }),
    runReference: () => {},
    kernels,
  };
}

/**
 * Run synchronous code on a device without computing.
 *
 * The device's counters of memory move as if it had been run, and those of kernels do not. Tensors that exist keep their values, and those made inside must be disposed of inside.
 *
 * @throws {UsageError} a tensor made inside is still there
 * @example
 * const w = ones([1000, 1000]);
 * dryRun(w.device, () => scope(() => matmul(w, w).shape));   // [1000, 1000]
 */
export function dryRun<T>(device: Device, f: () => T): T {
  const { backend: real, memory } = device;
  const coverage = [...device.coverage].map(([name, counts]) => [name, { ...counts }] as const);
  const { buffers } = memory;
  const swapped = device as { backend: Backend };
  swapped.backend = dryBackend(real);
  try {
    return f();
  } finally {
    swapped.backend = real;
    device.coverage.clear();
    for (const [name, counts] of coverage) device.coverage.set(name, counts);
    if (memory.buffers > buffers) {
      // biome-ignore lint/correctness/noUnsafeFinally: a buffer without memory must not be used
      throw new UsageError({
        where: "dryRun",
        problem: "tensors made inside are still there",
        got: memory.buffers - buffers,
      });
    }
  }
}
