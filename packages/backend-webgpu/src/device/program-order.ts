/**
 * The order of the program, kept also where a call must run on the host and its inputs are still on the GPU: whatever
 * comes after such a call waits for it, and the caller goes on.
 */

/** A command; one that returns a promise holds up those behind it. */
export type Command = () => void | Promise<void>;

export class Stream {
  #waiting: Command[] = [];
  #isHeld = false;
  readonly #onFault: (error: unknown) => void;

  /** @param onFault  is told what a command threw while nobody waited for it */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Whether commands must wait. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Run a command now, or when those before it have run. */
  push(command: Command): void {
    if (this.#isHeld) this.#waiting.push(command);
    else this.#hold(command());
  }

  #hold(running: void | Promise<void>): void {
    if (running === undefined) return;
    this.#isHeld = true;
    running.catch(this.#onFault).then(() => this.#resume());
  }

  #resume(): void {
    this.#isHeld = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let i = 0; i < waiting.length; i++) {
      if (this.#isHeld) {
        this.#waiting = [...waiting.slice(i), ...this.#waiting];
        return;
      }
      try {
        this.#hold((waiting[i] as Command)());
      } catch (error) {
        this.#onFault(error);
      }
    }
  }
}
