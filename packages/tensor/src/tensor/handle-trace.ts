/**
 * Where tensor handles were made, for finding those that nobody disposes of.
 *
 * Nothing is recorded until a trace is open. An open trace holds its handles, so the garbage collector cannot hide a leak.
 */

import { caller } from "./call-site.ts";
import { type HandleObserver, observeHandles, type Tensor } from "./tensor.ts";

/** A handle that is alive, and the call that made it. */
export interface LiveHandle {
  readonly tensor: Tensor;
  /** The first stack frame outside of this package. */
  readonly madeAt: string;
}

/** A trace of handles; it ends with its `using` block. */
export interface HandleTrace extends Disposable {
  /** Handles made since the trace began and not disposed of, oldest first. */
  live(): LiveHandle[];
  /** One line for each of them. */
  toString(): string;
}

const traces = new Set<Map<Tensor, string>>();

/** Feeds every open trace; a stack trace for each handle is taken once. */
const observer: HandleObserver = {
  made(t) {
    const frame = caller();
    for (const handles of traces) handles.set(t, frame);
  },
  gone(t) {
    for (const handles of traces) handles.delete(t);
  },
};

/**
 * Record where handles are made until the trace is disposed of. Costs a stack trace for each tensor: for debugging.
 *
 * @example
 * using trace = traceHandles();
 * step();
 * console.log(String(trace));   // what the step left behind
 */
export function traceHandles(): HandleTrace {
  const handles = new Map<Tensor, string>();
  traces.add(handles);
  observeHandles(observer);
  const live = () => Array.from(handles, ([tensor, madeAt]) => ({ tensor, madeAt }));
  return {
    live,
    toString: () =>
      live()
        .map(({ tensor, madeAt }) => `${tensor}, made at ${madeAt}`)
        .join("\n"),
    [Symbol.dispose]() {
      traces.delete(handles);
      if (traces.size === 0) observeHandles(undefined);
    },
  };
}
