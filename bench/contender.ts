/** Who takes part: this project and each rival take the same jobs and say how long they took. */

import type { Job } from "./job.ts";

/** A prepared job: inputs are made, nothing but the work itself is left. */
export interface Turn {
  /** Do the job so many times, one after the other. @returns milliseconds for all of them */
  run(repetitions: number): number | Promise<number>;
  /** Milliseconds for which its threads look on for work after a turn: so long the next one waits for a free processor. */
  readonly rest?: number;
  /** Of a training step: milliseconds by phase, as medians of a few repetitions. */
  phases?(): Readonly<Record<string, number>>;
  /** Give memory back. */
  release?(): void | Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** Version and what really runs. */
  readonly about: string;
  /** Make ready for a job, or say why not. */
  prepare(job: Job): Turn | string | Promise<Turn | string>;
  close?(): void;
}

/** Time a function over and over. */
export function timed(once: () => void, release?: () => void): Turn {
  return {
    run(repetitions) {
      const start = performance.now();
      for (let i = 0; i < repetitions; i++) once();
      return performance.now() - start;
    },
    ...(release === undefined ? {} : { release }),
  };
}

/** Time a function that only enqueues, until `settle` says that all of it has run. */
export function timedUntil(settle: () => Promise<unknown>, once: () => void, release?: () => void): Turn {
  return {
    async run(repetitions) {
      const start = performance.now();
      for (let i = 0; i < repetitions; i++) once();
      await settle();
      return performance.now() - start;
    },
    ...(release === undefined ? {} : { release }),
  };
}

/** How to open each contender by name: the contender, or why it is not here. */
export type Openers = Readonly<Record<string, () => Promise<Contender | string>>>;

/** Contenders that were opened so far; each is opened once. */
export class Contenders {
  readonly #openers: Openers;
  readonly #opened = new Map<string, Promise<Contender | string>>();

  constructor(openers: Openers) {
    this.#openers = openers;
  }

  /** The contender, or why it is not here. @throws {Error} nobody is called that */
  get(name: string): Promise<Contender | string> {
    const opener = this.#openers[name];
    if (opener === undefined) throw new Error(`no contender is called "${name}"`);
    const known = this.#opened.get(name) ?? opener();
    this.#opened.set(name, known);
    return known;
  }

  async prepare(name: string, job: Job): Promise<Turn | string> {
    const contender = await this.get(name);
    return typeof contender === "string" ? contender : contender.prepare(job);
  }

  /** One line for each that takes part so far. */
  async about(): Promise<string[]> {
    const opened = await Promise.all(this.#opened.values());
    return opened.flatMap((one) => (typeof one === "string" ? [] : [`${one.name}: ${one.about}`]));
  }

  async close(): Promise<void> {
    for (const contender of await Promise.all(this.#opened.values())) {
      if (typeof contender !== "string") contender.close?.();
    }
  }
}
