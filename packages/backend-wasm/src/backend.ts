/**
 * The `wasm` backend: tensors in one linear memory, kernels emitted when they are first needed.
 *
 * An op without a kernel runs its reference loops on views of that memory, so everything works from the start.
 */

import {
  type Backend,
  BackendError,
  type BackendProvider,
  type DeviceOptions,
  type Dtype,
  type Kernel,
  type TypedArray,
} from "@kronograd/tensor";
import { detectFeatures, refusal } from "./features.ts";
import { allKernels } from "./kernels.ts";
import { type Block, Memory, type MemoryOptions } from "./memory.ts";
import { createRuntime } from "./runtime.ts";

/** What tests may choose besides the options of a device. */
export interface WasmOptions extends DeviceOptions, MemoryOptions {
  /** False computes with separate multiply and add also where the engine could fuse them. */
  readonly relaxed?: boolean;
}

/** The backend: memory, kernels, and what the engine offers them. */
export class WasmBackend implements Backend {
  readonly name = "wasm";
  readonly adapter: string;
  readonly kernels: ReadonlyMap<string, Kernel>;
  readonly #memory: Memory;

  constructor(options: WasmOptions = {}) {
    const features = detectFeatures();
    const reason = refusal(features);
    if (reason !== null) throw new BackendError({ where: "wasm", problem: reason, help: `Use "cpu".` });
    const fused = features.relaxed && options.relaxed !== false;
    const simd = fused ? "relaxed SIMD with fused multiply-add" : "SIMD, multiply and add apart";
    const asked = (options.threads ?? 1) > 1 ? `, not ${options.threads}: this version has no workers` : "";
    this.adapter = `${simd}, one thread${asked}`;
    this.#memory = new Memory(options);
    this.kernels = releasing(this.#memory, allKernels(createRuntime(this.#memory, fused)));
  }

  allocate(dtype: Dtype, length: number): Block {
    return this.#memory.allocate(dtype, length);
  }

  free(handle: Block): void {
    this.#memory.free(handle);
  }

  write(handle: Block, values: TypedArray): void {
    this.#memory.view(handle).set(values);
  }

  read(handle: Block): TypedArray {
    return this.#memory.view(handle).slice();
  }

  host(handle: Block): TypedArray {
    return this.#memory.view(handle);
  }

  dispose(): void {
    this.#memory.close();
  }
}

/** The kernels, each giving its scratch memory back when it ends. */
function releasing(memory: Memory, kernels: Iterable<readonly [string, Kernel]>): Map<string, Kernel> {
  const wrapped = new Map<string, Kernel>();
  for (const [name, kernel] of kernels) {
    wrapped.set(name, (outputs, inputs, params, op) => {
      try {
        return kernel(outputs, inputs, params, op);
      } finally {
        memory.releaseScratch();
      }
    });
  }
  return wrapped;
}

/** How `createDevice` finds and opens it. */
export const wasmProvider: BackendProvider = {
  name: "wasm",
  priority: 10,
  unavailable: () => refusal(detectFeatures()),
  create: (options) => new WasmBackend(options),
};
