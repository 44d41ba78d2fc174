/** Training time: a stopwatch that stands still outside steps, and the split of that time into phases. */

import { type Phase, phases } from "./events.ts";

/** A stopwatch that a run starts and stops around its steps. */
export class Clock {
  /** Seconds of training so far. */
  seconds: number;
  #phase: Phase | undefined;
  #since = 0;
  #ms = emptyPhases();

  readonly #now: () => number;

  /** @param now  milliseconds of a clock that never goes back */
  constructor(seconds = 0, now: () => number = () => performance.now()) {
    this.seconds = seconds;
    this.#now = now;
  }

  /** Begin a phase; time since the last mark goes to the phase before. */
  mark(phase: Phase): void {
    const now = this.#now();
    if (this.#phase !== undefined) this.#add(now);
    this.#phase = phase;
    this.#since = now;
  }

  /** `mark` by name, for those that know no phases: time under another name goes to "update". */
  markOf(): (phase: string) => void {
    return (phase) => this.mark((phases as readonly string[]).includes(phase) ? (phase as Phase) : "update");
  }

  /** Stop until the next mark: evaluation, drawing and checkpoints are not training. */
  pause(): void {
    if (this.#phase !== undefined) this.#add(this.#now());
    this.#phase = undefined;
  }

  /** Milliseconds by phase since the last call. */
  takePhases(): Record<Phase, number> {
    const taken = this.#ms;
    this.#ms = emptyPhases();
    return taken;
  }

  #add(now: number): void {
    this.#ms[this.#phase as Phase] += now - this.#since;
    this.seconds += (now - this.#since) / 1000;
  }
}

function emptyPhases(): Record<Phase, number> {
  return Object.fromEntries(phases.map((phase) => [phase, 0])) as Record<Phase, number>;
}
