/** Handles as scopes see them: who disposes of one, and which of them a value holds. */

import type { Storage } from "./storage.ts";

/** A handle to a buffer that a scope may dispose of: a tensor. */
export interface Tracked {
  readonly storage: Storage;
  /** Who disposes of this handle; kept by `scope.ts`. */
  home: Home;
  dispose(): void;
}

/** The handles of one scope. */
export type Handles = Set<Tracked>;

/** Who disposes of a handle: a scope, the registry (when it is forgotten), or its owner alone. */
export type Home = Handles | "registry" | "owner";

/** Objects with hidden tensors (a lazy gradient, a layer record) list them under this symbol. */
export const heldTensors: unique symbol = Symbol("kronograd.heldTensors");

/** Every handle reachable through arrays, plain objects, maps, sets and `[heldTensors]`, in the order of discovery. */
export function trackedIn(value: unknown): Set<Tracked> {
  const found = new Set<Tracked>();
  collect(value, found, new Set());
  return found;
}

function collect(value: unknown, found: Set<Tracked>, seen: Set<object>): void {
  if (typeof value !== "object" || value === null) return;
  if (isTracked(value)) {
    found.add(value);
    return;
  }
  if (ArrayBuffer.isView(value) || seen.has(value)) return;
  seen.add(value);
  if (heldTensors in value) collect((value as { [heldTensors](): unknown })[heldTensors](), found, seen);
  else if (Array.isArray(value) || value instanceof Map || value instanceof Set)
    for (const item of value) collect(item, found, seen);
  else {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null)
      for (const item of Object.values(value)) collect(item, found, seen);
  }
}

function isTracked(value: object): value is Tracked {
  return "storage" in value && "home" in value;
}
