/**
 * Scopes drop handles, not buffers: what a tape, a view or an optimizer still holds stays alive.
 *
 * Handles made inside `scope(f)` are disposed of when it ends, but for those reachable from its result, which move to
 * the enclosing scope. Handles made outside any scope live until `dispose()`; a FinalizationRegistry gives back what was
 * forgotten, and counts it.
 */

import { UsageError } from "../errors.ts";
import type { Storage } from "./storage.ts";
import { type Handles, type Tracked, trackedIn } from "./tracked.ts";

let current: Handles | undefined;

/** Trace of a handle that was collected. Strict devices say where it was made. */
interface Forgotten {
  readonly storage: Storage;
  readonly madeAt: string | undefined;
}

const registry = new FinalizationRegistry<Forgotten>(({ storage, madeAt }) => {
  storage.device.memory.tensors -= 1;
  storage.device.memory.forgotten += 1;
  storage.release();
  if (madeAt !== undefined)
    console.warn(`kronograd: a tensor was never disposed of (${storage.bytes} bytes, made at ${madeAt})`);
});

/** Give a new handle to the current scope, or to the registry where there is none. */
export function track(t: Tracked): void {
  if (current === undefined) {
    t.home = "registry";
    registry.register(t, { storage: t.storage, madeAt: t.storage.device.callSite?.() }, t);
  } else {
    t.home = current;
    current.add(t);
  }
}

/** Take a handle out of its scope or the registry: it was disposed of, or its owner takes over. */
export function forget(t: Tracked): void {
  if (t.home === "registry") registry.unregister(t);
  else if (t.home !== "owner") t.home.delete(t);
  t.home = "owner";
}

/**
 * Run `f` and dispose of every handle that it made, but for those in its result.
 *
 * They are found in arrays, plain objects, maps, sets, and objects with `[heldTensors]`.
 *
 * @throws {UsageError} `f` returns a promise: asynchronous code uses `openScope`
 * @example
 * const norm = scope(() => sqrt(sum(mul(x, x))));   // the square and the sum are gone
 */
export function scope<T>(f: () => T): T {
  const outer = current;
  const handles: Handles = new Set();
  current = handles;
  let result: T;
  try {
    result = f();
  } catch (error) {
    current = outer;
    disposeAll(handles);
    throw error;
  }
  current = outer;
  if (result instanceof Promise) {
    disposeAll(handles);
    throw new UsageError({
      where: "scope",
      problem: "the function returned a promise, so its handles would be dropped while it still runs",
      help: "Use `using s = openScope()` in asynchronous code.",
    });
  }
  for (const t of trackedIn(result)) if (handles.delete(t)) track(t);
  disposeAll(handles);
  return result;
}

/** A scope that ends with its `using` block, for asynchronous code; `keep` lets a value out. */
export interface OpenScope extends Disposable {
  keep<T>(value: T): T;
}

/**
 * Open a scope that its `using` declaration closes. Scopes must close in reverse order of opening.
 *
 * @example
 * using s = openScope();
 * const loss = s.keep(await step());
 */
export function openScope(): OpenScope {
  const outer = current;
  const handles: Handles = new Set();
  current = handles;
  const kept = new Set<Tracked>();
  return {
    keep<T>(value: T): T {
      for (const t of trackedIn(value)) if (handles.has(t)) kept.add(t);
      return value;
    },
    [Symbol.dispose]() {
      if (current !== handles) {
        throw new UsageError({ where: "openScope", problem: "scopes must close in reverse order of opening" });
      }
      current = outer;
      for (const t of kept) if (handles.delete(t)) track(t);
      disposeAll(handles);
    },
  };
}

function disposeAll(handles: Handles): void {
  for (const t of handles) t.dispose(); // each leaves the set
}
