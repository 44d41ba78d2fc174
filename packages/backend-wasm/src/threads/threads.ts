/** Threads as a part of a backend (compose.ts): whether they can be had here, and how they start. */

import { Memory, type MemoryOptions } from "../memory.ts";
import { type Patience, type Pool, startPool } from "./pool.ts";

/** Why memory cannot be shared with workers here, or null. */
function refusal(): string | null {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer !== "undefined" && crossOriginIsolated !== false) return null;
  return crossOriginIsolated === false
    ? "this page is not cross-origin isolated (COOP and COEP headers)"
    : "this engine has no shared memory";
}

/** So many threads and the memory that they share, or why not. */
async function start(
  threads: number,
  options: MemoryOptions & { readonly patience?: Patience },
): Promise<{ readonly memory: Memory; readonly pool: Pool } | string> {
  const reason = refusal();
  if (reason !== null) return reason;
  const memory = new Memory({ ...options, shared: true });
  const pool = await startPool(threads, memory.wasm, options.patience);
  return typeof pool === "string" ? pool : { memory, pool };
}

/** What `createDevice("wasm", { threads: 2 })` needs; without it a backend has one thread, and says so. */
export const threads = { refusal, start } as const;

/** The part of a backend that gives it threads. */
export type Threads = typeof threads;
