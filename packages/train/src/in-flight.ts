/** Steps that were enqueued on an asynchronous device and whose numbers have not come yet. */

import type { BatchPosition } from "@kronograd/data";
import { type HeldState, holdState } from "@kronograd/optimizers";
import type { Tensor } from "@kronograd/tensor";
import { type LaunchedStep, launchStep, openFlag } from "./late-step.ts";
import type { StepInput, StepResult } from "./step.ts";

interface Flight extends LaunchedStep {
  readonly before: HeldState;
  /** Of the batch that follows. */
  readonly position: BatchPosition;
}

/** The steps between the last one whose numbers were read and the last one enqueued, oldest first. */
export class InFlight implements Disposable {
  readonly #like: Tensor;
  #flag: Tensor | undefined;
  #flights: Flight[] = [];

  /** @param like  a tensor on the device */
  constructor(like: Tensor) {
    this.#like = like;
  }

  get count(): number {
    return this.#flights.length;
  }

  /** Enqueue a step. @param position  where the batches go on after it */
  launch(input: StepInput, position: BatchPosition): void {
    const before = holdState(input.optimizer);
    this.#flag ??= openFlag(this.#like);
    try {
      const launched = launchStep(input, this.#flag);
      launched.result.catch(() => {}); // whoever settles it hears of it; nobody may
      this.#flag.dispose();
      this.#flag = launched.flag;
      this.#flights.push({ ...launched, before, position });
    } catch (error) {
      before[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Wait for the oldest step. If it did not hold, the optimizer is back at where it was before it, the steps after it are
   * forgotten (they have written nothing), and the batches must go on from `rewind`.
   *
   * @throws {BackendError} the device was lost
   */
  async settle(): Promise<{ readonly result: StepResult; readonly rewind: BatchPosition | null }> {
    const { result: pending, before, position } = this.#flights[0] as Flight;
    const result = await pending;
    this.#flights.shift();
    if (result.skipped === null) {
      before[Symbol.dispose]();
      return { result, rewind: null };
    }
    before.restore();
    this[Symbol.dispose]();
    return { result, rewind: position };
  }

  /** Forget all steps. */
  [Symbol.dispose](): void {
    for (const { before } of this.#flights) before[Symbol.dispose]();
    this.#flights = [];
    this.#flag?.dispose();
    this.#flag = undefined;
  }
}
