/** What this package's tests share; not exported. */

import { blobs } from "@kronograd/data";
import { mlp, softmaxCrossEntropy } from "@kronograd/layers";
import { sgd } from "@kronograd/optimizers";
import { Rng } from "@kronograd/tensor";
import type { RunEvent } from "../src/events.ts";
import { fit } from "../src/fit.ts";
import type { FitOptions } from "../src/fit-options.ts";

export const points = blobs({ rng: new Rng(1), train: 40, test: 20 });

/** A small run: three clouds in the plane, 2-5-3, batches of 8, five steps an epoch. */
export function small(options: Partial<FitOptions> = {}): FitOptions {
  return {
    loss: softmaxCrossEntropy(),
    data: points,
    batch: 8,
    rng: new Rng(3),
    ...options,
    model: options.model ?? mlp([2, 5, 3], { rng: new Rng(2) }),
    optimizer: options.optimizer ?? sgd({ learningRate: 0.1, momentum: 0.9 }),
  };
}

/** Run to the end. */
export async function eventsOf(options: FitOptions): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of fit(options)) events.push(event);
  return events;
}

export type EventOf<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

/** The events of one type. */
export function ofType<T extends RunEvent["type"]>(events: readonly RunEvent[], type: T): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}
