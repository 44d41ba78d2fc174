/**
 * The `wasm` backend: tensors in one linear memory, kernels emitted when they are first needed.
 *
 * An op without a kernel runs its reference loops on views of that memory, so everything works from the start, and a backend
 * may be put together from just the families of kernels that a program needs.
 */

import { type Backend, BackendError, type BackendProvider, type DeviceOptions, type Kernel } from "@kronograd/tensor";
import { createKit } from "./create-kit.ts";
import { detectFeatures, refusal } from "./engine/features.ts";
import { type Block, Memory, type MemoryOptions } from "./engine/memory.ts";
import type { Revectorize } from "./engine/revectorize.ts";
import { createRuntime } from "./engine/runtime.ts";
import type { KernelFamily } from "./kit.ts";
import type { Patience, Pool } from "./threads/pool.ts";
import type { Threads } from "./threads/threads.ts";

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
export interface WasmBackend extends Backend {
  /** The workers, where there is more than one thread. */
  readonly pool: Pool | null;
  dispose(): void;
}

/** What a backend may have besides kernels; each is a value of this package, so that a bundle holds what is named. */
export interface WasmParts {
  readonly threads?: Threads;
  readonly revectorize?: Revectorize;
}

/** How `createDevice` finds and opens a backend of this package. */
export interface WasmProvider extends BackendProvider {
  create(options: WasmOptions): Promise<WasmBackend>;
}

/**
 * The backend `wasm` with some families of kernels, for `registerBackend`. An op of no family runs its reference loops, which
 * are right but slow, and `device.coverage` counts those calls.
 *
 * A bundle holds the families that are named. With `threads` among the parts its devices may have several threads, with
 * `revectorize` vectors of 256 bits.
 *
 * @example
 * // for nets of dense layers and ReLUs: less than half of the code
 * registerBackend(composeWasm([arithmeticKernels, productKernels, reductionKernels, softmaxKernels]));
 * const device = await createDevice("wasm");
 */
export function composeWasm(families: readonly KernelFamily[], parts: WasmParts = {}): WasmProvider {
  const { threads, revectorize } = parts;
  return {
    name: "wasm",
    priority: 10,
    unavailable: () => refusal(detectFeatures()),
    offers: () => [threads, revectorize].flatMap((part) => part?.offer() ?? []),
    create: (options) => open(families, parts, options),
  };
}

/** Open it with as many threads as are asked for, or with one where the engine or the page gives no more. */
async function open(families: readonly KernelFamily[], parts: WasmParts, options: WasmOptions): Promise<WasmBackend> {
  const { threads = 1 } = options;
  const leftOut = "this backend was composed without";
  const features = detectFeatures();
  const reason = refusal(features);
  if (reason !== null) throw new BackendError({ where: "wasm", problem: reason, help: `Use "cpu".` });
  const fused = features.relaxed && options.relaxed !== false;
  const paired = options.fast === "revectorize";
  if (paired && !parts.revectorize)
    throw new BackendError({ where: "wasm", problem: `${leftOut} revectorize`, help: "Name it among its parts." });
  if (paired) parts.revectorize?.switchOn(fused);
  const started = threads === 1 ? null : ((await parts.threads?.start(threads, options)) ?? `${leftOut} threads`);
  const { memory, pool } =
    started === null || typeof started === "string" ? { memory: new Memory(options), pool: null } : started;

  const simd = fused ? "relaxed SIMD with fused multiply-add" : "SIMD, multiply and add apart";
  const width = paired ? ", revectorized to 256 bits" : "";
  const why = typeof started === "string" ? `, not ${threads}: ${started}` : "";
  const kit = createKit(createRuntime(memory, { fused, paired }, pool, options.forkFrom));
  const kernels = families.flatMap((family) => Object.entries(family(kit)));
  return {
    name: "wasm",
    adapter: `${simd}${width}, ${pool === null ? "one thread" : `${pool.threads} threads`}${why}`,
    kernels: new Map(kernels.map(([name, kernel]) => [name, releasing(memory, kernel)])),
    pool,
    allocate: (dtype, length) => memory.allocate(dtype, length),
    free: (handle) => memory.free(handle as Block),
    write: (handle, values) => memory.view(handle as Block).set(values),
    read: (handle) => memory.view(handle as Block).slice(),
    host: (handle) => memory.view(handle as Block),
    dispose() {
      pool?.close();
      memory.close();
    },
  };
}

/** A kernel that gives its scratch memory back when it ends. */
function releasing(memory: Memory, kernel: Kernel): Kernel {
  return (outputs, inputs, params, op) => {
    try {
      return kernel(outputs, inputs, params, op);
    } finally {
      memory.releaseScratch();
    }
  };
}
