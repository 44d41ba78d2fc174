/** Ctrl-C: the first finishes the step and saves, the second stops at once. */

import { exitCodes } from "./exit.ts";

/** A signal that Ctrl-C aborts, for as long as it is in use. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Listen for Ctrl-C (and for a polite kill).
 *
 * @param onFirst  told once, so that the user knows that it was heard
 */
export function listenForInterrupt(onFirst: () => void): Interrupt {
  const control = new AbortController();
  const heard = () => {
    if (control.signal.aborted) process.exit(exitCodes.stopped);
    control.abort();
    onFirst();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.on(name, heard);
  return {
    signal: control.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, heard);
    },
  };
}
