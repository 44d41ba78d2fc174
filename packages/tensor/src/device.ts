/** A device: a backend in use, with its memory and its counters. */

import type { Backend, Coverage, MemoryReport } from "./backend.ts";

/** A backend in use: its memory, its counters, and why it was chosen. */
export class Device {
  readonly kind: string;
  readonly adapter: string;
  /** One line for each backend that was considered. */
  readonly why: readonly string[];
  readonly strict: boolean;
  /** Names the call that made a handle, for reports of forgotten ones; `createDevice` gives it to strict devices. */
  readonly callSite: (() => string) | undefined;
  readonly backend: Backend;
  readonly memory: MemoryReport = { tensors: 0, buffers: 0, bytes: 0, peakBytes: 0, forgotten: 0 };
  readonly coverage = new Map<string, Coverage>();

  constructor(
    backend: Backend,
    options: { strict?: boolean; why?: readonly string[]; callSite?: (() => string) | undefined } = {},
  ) {
    this.kind = backend.name;
    this.adapter = backend.adapter;
    this.backend = backend;
    this.strict = options.strict ?? false;
    this.callSite = options.callSite;
    this.why = options.why ?? [];
  }

  toString(): string {
    return `${this.kind} (${this.adapter})`;
  }
}
