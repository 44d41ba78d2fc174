/** `@kronograd/backend-wasm`: importing it makes `createDevice("wasm")` work, and "auto" prefer it to `cpu`. */

import { registerBackend } from "@kronograd/tensor";
import { wasmProvider } from "./backend.ts";

export { openWasm, WasmBackend, type WasmOptions, wasmProvider } from "./backend.ts";
export type { MemoryOptions } from "./memory.ts";

registerBackend(wasmProvider);
