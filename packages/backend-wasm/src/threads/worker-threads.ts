/** The module of that name, where this is Node or an engine that follows it. */

import type { WorkerTask } from "./serve.ts";

/** A worker there; pages have the same but `unref`. */
export interface NodeWorker {
  on(event: "error" | "exit", listener: (reason: unknown) => void): void;
  unref(): void;
  terminate(): unknown;
}

interface WorkerThreads {
  readonly Worker: new (url: URL, options: { workerData: WorkerTask; execArgv: string[] }) => NodeWorker;
  readonly workerData: WorkerTask | null;
}

/** node:worker_threads, without an import that bundlers for pages would follow; null in pages. */
export function workerThreads(): WorkerThreads | null {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return (process?.getBuiltinModule?.("node:worker_threads") as WorkerThreads | undefined) ?? null;
}
