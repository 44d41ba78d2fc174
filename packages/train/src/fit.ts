/**
 * Training as an asynchronous stream of events.
 *
 * The stream does nothing until it is read, one step at a time, so whoever reads it sets the pace: a race advances its
 * rivals in turn, a page draws between steps, and closing the stream stops the run. Everything random comes from streams
 * forked off the run's own by name and step, so a resumed run needs no generator's state beyond the step.
 */

import { UsageError } from "@kronograd/tensor";
import type { RunEvent } from "./events.ts";
import type { FitOptions } from "./fit-options.ts";
import { Run } from "./run.ts";

/** A run: a stream of events, or, awaited, the promise of its last one. */
export type Training = AsyncGenerator<RunEvent, void, undefined> & PromiseLike<EndEvent>;

/** The last event of a run. */
export type EndEvent = Extract<RunEvent, { readonly type: "end" }>;

/**
 * Train a model: read the events to make it run, or await it to run to the end.
 *
 * On an asynchronous device a few steps are always under way, and each is told when its numbers arrive; evaluations and
 * checkpoints wait for all of them, so a run there tells what it tells elsewhere, but for rounding. A run that meets 20 steps in a row that
 * cannot be taken (see `trainStep`), or a loss above ten times its start for as long, ends with the reason "diverged".
 *
 * @throws {UsageError}      no limit was given, or a setting is out of range
 * @throws {ShapeError}      data and model do not fit together
 * @throws {CheckpointError} the checkpoint to resume from is damaged or of another run
 * @example
 * for await (const event of fit({ model, loss, data, optimizer: sgd({ learningRate: 0.1 }), batch: 128, epochs: 1, rng })) {
 *   if (event.type === "eval") console.log(event.step, event.split, event.metrics.accuracy);
 * }
 * @example
 * const rng = new Rng(0);
 * const end = await fit({
 *   model: mlp([2, 16, 2], { rng }), loss: softmaxCrossEntropy(), data: moons({ rng }), optimizer: adam(), batch: 50, epochs: 1, rng,
 * });
 * end.reason;   // "done"
 */
export function fit(options: FitOptions): Training {
  const events = eventsOf(options);
  let end: Promise<EndEvent> | undefined;
  return Object.assign(events, {
    // biome-ignore lint/suspicious/noThenProperty: whoever awaits a run means to run it
    then<A, B>(onEnd?: ((end: EndEvent) => A) | null, onError?: ((error: unknown) => B) | null) {
      end ??= endOf(events);
      return end.then(onEnd, onError);
    },
  }) as Training;
}

async function* eventsOf(options: FitOptions): AsyncGenerator<RunEvent, void, undefined> {
  const { rival } = options;
  for await (const event of new Run(options).events()) yield rival === undefined ? event : { ...event, rival };
}

async function endOf(events: AsyncGenerator<RunEvent, void, undefined>): Promise<EndEvent> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) {
      throw new UsageError({
        where: "fit",
        problem: "the stream was read to its end, or closed, before it was awaited",
        help: "Either read a run with for await, or await it.",
      });
    }
    if (value.type === "end") return value;
  }
}
