/**
 * `@kronograd/backend-wasm`: importing it makes `createDevice("wasm")` work with all kernels, and "auto" prefer it to `cpu`.
 * `@kronograd/backend-wasm/compose` puts smaller backends together.
 */

import { registerBackend } from "@kronograd/tensor";
import { composeWasm, type WasmBackend, type WasmOptions } from "./backend.ts";
import { revectorize } from "./engine/revectorize.ts";
import { everyFamily } from "./kernels.ts";
import { threads } from "./threads/threads.ts";

export type { WasmBackend, WasmOptions, WasmProvider } from "./backend.ts";
export type { MemoryOptions } from "./engine/memory.ts";

/** How `createDevice` finds and opens it. */
export const wasmProvider = composeWasm(everyFamily, { threads, revectorize });

/**
 * The backend with as many threads as are asked for, or with one where the engine or the page gives no more.
 *
 * The default is one: several runs on a machine then share it evenly, and who has it alone asks for more.
 *
 * @throws {UsageError}    threads is not a whole number from 1 on
 * @throws {BackendError}  the engine has no SIMD, or cannot revectorize
 */
export const openWasm = (options: WasmOptions = {}): Promise<WasmBackend> => wasmProvider.create(options);

registerBackend(wasmProvider);
