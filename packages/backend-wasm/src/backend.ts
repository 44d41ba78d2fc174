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
  UsageError,
} from "@kronograd/tensor";
import { cannotRevectorize, cannotShare, detectFeatures, refusal, revectorize } from "./features.ts";
import { allKernels } from "./kernels.ts";
import { type Block, Memory, type MemoryOptions } from "./memory.ts";
import { createRuntime } from "./runtime.ts";
import { type Patience, type Pool, startPool } from "./threads/pool.ts";

/** What tests may choose besides the options of a device. */
export interface WasmOptions extends DeviceOptions, MemoryOptions {
  /** False computes with separate multiply and add also where the engine could fuse them. */
  readonly relaxed?: boolean;
  /** Operations from which a kernel call is given to several threads. */
  readonly forkFrom?: number;
  /** Longest waits for workers. */
  readonly patience?: Patience;
}

/** The backend: memory, kernels, and what the engine offers them. */
export class WasmBackend implements Backend {
  readonly name = "wasm";
  readonly adapter: string;
  readonly kernels: ReadonlyMap<string, Kernel>;
  readonly #memory: Memory;
  /** The workers, where there is more than one thread. */
  readonly pool: Pool | null;

  /** With one thread; `openWasm` starts more. */
  constructor(options: WasmOptions = {}, memory = new Memory(options), pool: Pool | string | null = null) {
    const features = detectFeatures();
    const reason = refusal(features);
    if (reason !== null) throw new BackendError({ where: "wasm", problem: reason, help: `Use "cpu".` });
    const fused = features.relaxed && options.relaxed !== false;
    const paired = options.fast === "revectorize";
    if (paired) {
      const refused = cannotRevectorize({ ...features, relaxed: fused });
      if (refused !== null) {
        const help = `Leave fast: "revectorize" away.`;
        throw new BackendError({ where: "wasm", problem: `cannot revectorize here: ${refused}`, help });
      }
      revectorize();
    }
    const simd = fused ? "relaxed SIMD with fused multiply-add" : "SIMD, multiply and add apart";
    const width = paired ? ", revectorized to 256 bits" : "";
    this.pool = typeof pool === "string" ? null : pool;
    const { threads = 1 } = options;
    const why = typeof pool === "string" ? `, not ${threads}: ${pool}` : "";
    this.adapter = `${simd}${width}, ${this.pool === null ? "one thread" : `${this.pool.threads} threads`}${why}`;
    this.#memory = memory;
    this.kernels = releasing(memory, allKernels(createRuntime(memory, { fused, paired }, this.pool, options.forkFrom)));
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
    this.pool?.close();
    this.#memory.close();
  }
}

/**
 * The backend with as many threads as are asked for, or with one where the engine or the page gives no more.
 *
 * The default is one: several runs on a machine then share it evenly, and who has it alone asks for more.
 *
 * @throws {UsageError} threads is not a whole number from 1 on
 */
export async function openWasm(options: WasmOptions = {}): Promise<WasmBackend> {
  const { threads = 1 } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new UsageError({
      where: "wasm",
      problem: "threads is not a count",
      expected: "a whole number from 1 on",
      got: threads,
    });
  }
  if (threads === 1 || refusal(detectFeatures()) !== null) return new WasmBackend(options);
  const reason = cannotShare();
  if (reason !== null) return new WasmBackend(options, undefined, reason);
  const memory = new Memory({ ...options, shared: true });
  const pool = await startPool(threads, memory.wasm, options.patience);
  return typeof pool === "string" ? new WasmBackend(options, undefined, pool) : new WasmBackend(options, memory, pool);
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
  offers: () => {
    const state = (option: string, reason: string | null) => `${option}: ${reason === null ? "yes" : `no, ${reason}`}`;
    const cores = (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency;
    return [
      state(`threads (${cores ?? "?"} cores)`, cannotShare()),
      state("fast: revectorize", cannotRevectorize(detectFeatures())),
    ];
  },
  create: openWasm,
};
