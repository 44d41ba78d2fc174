/** Threads as a part of a backend (compose.ts): whether they can be had here, and how they start. */

import { UsageError } from "@kronograd/tensor";
import { offered } from "../engine/features.ts";
import { Memory, type MemoryOptions } from "../engine/memory.ts";
import { type Patience, type Pool, startPool } from "./pool.ts";

/** Why memory cannot be shared with workers here, or null. */
function refusal(): string | null {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer !== "undefined" && crossOriginIsolated !== false) return null;
  return crossOriginIsolated === false
    ? "this page is not cross-origin isolated (COOP and COEP headers)"
    : "this engine has no shared memory";
}

/** So many threads and the memory that they share, or why not. @throws {UsageError} that is not a whole number from 1 on */
async function start(
  threads: number,
  options: MemoryOptions & { readonly patience?: Patience },
): Promise<{ readonly memory: Memory; readonly pool: Pool } | string> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new UsageError({
      where: "wasm",
      problem: "threads is not a count",
      expected: "a whole number from 1 on",
      got: threads,
    });
  }
  const reason = refusal();
  if (reason !== null) return reason;
  const memory = new Memory({ ...options, shared: true });
  const pool = await startPool(threads, memory.wasm, options.patience);
  return typeof pool === "string" ? pool : { memory, pool };
}

/** What `createDevice("wasm", { threads: 2 })` needs; without it a backend has one thread, and says so. */
export const threads = {
  offer() {
    const cores = (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency;
    return offered(`threads (${cores ?? "?"} cores)`, refusal());
  },
  start,
} as const;

/** The part of a backend that gives it threads. */
export type Threads = typeof threads;
