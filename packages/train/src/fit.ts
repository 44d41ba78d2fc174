/**
 * Training as an asynchronous stream of events.
 *
 * The stream does nothing until it is read, one step at a time, so whoever reads it sets the pace: a race advances its
 * rivals in turn, a page draws between steps, and closing the stream stops the run. Everything random comes from streams
 * forked off the run's own by name and step, so a resumed run needs no generator's state beyond the step.
 */

import type { Loss } from "@kronograd/autograd";
import { batchOrder, type Dataset, gatherBatch } from "@kronograd/data";
import { buffers as buffersOf, type Layer, parameters as parametersOf } from "@kronograd/layers";
import type { Optimizer } from "@kronograd/optimizers";
import { type Device, type Dtype, type Rng, scope, UsageError } from "@kronograd/tensor";
import { type CheckpointTree, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { Clock } from "./clock.ts";
import { evaluate } from "./evaluate.ts";
import type { RunEvent } from "./events.ts";
import { planOf } from "./plan.ts";
import { freshProgress, type Identity, type Progress, restore, type RunTensors, snapshot } from "./run-state.ts";
import { trainStep } from "./step.ts";

export interface FitOptions {
  readonly model: Layer;
  readonly loss: Loss;
  readonly data: Dataset;
  readonly optimizer: Optimizer;
  /** Rows in a batch. */
  readonly batch: number;
  /** Decides the order of batches and every other random draw of the run. */
  readonly rng: Rng;
  /** How long: the first limit that is reached ends the run. At least one must be given. */
  readonly steps?: number;
  readonly epochs?: number;
  readonly seconds?: number;
  /** Steps between evaluations (default: one epoch); the start and the end are always evaluated. */
  readonly evaluateEvery?: number;
  /** Steps between phase events (default 50). */
  readonly profileEvery?: number;
  /** Called every so many steps and at the end with the bytes of a checkpoint; returns where they went. */
  readonly checkpoint?: { readonly every: number; save(bytes: Uint8Array, info: { step: number; best: boolean }): Promise<string> };
  /** A checkpoint to go on from. */
  readonly resume?: { readonly bytes: Uint8Array; readonly file: string };
  /** Abort to finish the step, write a checkpoint and end. */
  readonly signal?: AbortSignal;
  /** Name in a race; put on every event. */
  readonly rival?: string;
  /** Skipped steps in a row, or steps in a row with ten times the first loss, that end the run (default 20). */
  readonly patience?: number;
}

/**
 * Train a model; read the events to make it run.
 *
 * @throws {UsageError}      no limit was given
 * @throws {CheckpointError} the checkpoint to resume from does not fit
 * @example
 * for await (const event of fit({ model, loss, data, optimizer: sgd({ learningRate: 0.1 }), batch: 128, epochs: 1, rng })) {
 *   if (event.type === "eval") console.log(event.step, event.accuracy);
 * }
 */
export async function* fit(options: FitOptions): AsyncGenerator<RunEvent, void, undefined> {
  const run = new Run(options);
  const { rival } = options;
  for await (const event of run.events()) yield rival === undefined ? event : { ...event, rival };
}

class Run {
  readonly #options: FitOptions;
  readonly #tensors: RunTensors;
  readonly #placement: { device: Device; dtype: Dtype };
  readonly #identity: Identity;
  readonly #order;
  readonly #clock: Clock;
  readonly #limit: number;
  #progress: Progress = freshProgress();

  constructor(options: FitOptions) {
    this.#options = options;
    const { model, optimizer, data, batch, rng } = options;
    this.#tensors = { parameters: parametersOf(model), buffers: buffersOf(model), optimizer };
    const first = Object.values(this.#tensors.parameters)[0];
    if (first === undefined) throw new UsageError({ where: "fit", problem: "the model has no parameters to train" });
    const { device, dtype } = first;
    this.#placement = { device, dtype };
    this.#order = batchOrder(data.train.count, batch, rng.fork("batches"));
    const { steps = Number.POSITIVE_INFINITY, epochs = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = options;
    this.#limit = Math.min(steps, epochs * this.#order.perEpoch);
    if (this.#limit === Number.POSITIVE_INFINITY && seconds === Number.POSITIVE_INFINITY) {
      throw new UsageError({ where: "fit", problem: "no limit was given, so the run would never end", help: "Pass steps, epochs or seconds." });
    }
    this.#identity = {
      optimizer: optimizer.name,
      backend: `${device.toString()}, ${dtype}`,
      data: data.fingerprint,
      batch,
      seed: JSON.stringify(rng.state()),
    };
    if (options.resume !== undefined) {
      const { bytes, file } = options.resume;
      const restored = scope(() => restore(file, decodeCheckpoint(bytes, { file, device }), this.#identity, this.#tensors));
      this.#progress = restored.progress;
      this.#order.restore(restored.position);
    }
    this.#clock = new Clock(this.#progress.seconds);
  }

  async *events(): AsyncGenerator<RunEvent> {
    const { model, data, optimizer, batch, signal, evaluateEvery = this.#order.perEpoch, profileEvery = 50, checkpoint } = this.#options;
    const progress = this.#progress;
    yield planOf(model, optimizer, data, batch, this.#tensors.parameters, this.#placement.device);
    if (progress.step === 0) {
      yield await this.#evaluate();
      if (checkpoint !== undefined) yield await this.#save(); // so that a run killed early can be resumed too
    }
    let lastProfile = progress.step;
    let reason: "done" | "stopped" | "diverged" = "done";
    let text = "";
    while (progress.step < this.#limit && this.#clock.seconds < (this.#options.seconds ?? Number.POSITIVE_INFINITY)) {
      const event = this.#step();
      yield event;
      const trouble = this.#trouble();
      if (trouble !== null) {
        reason = "diverged";
        text = trouble;
        break;
      }
      if (progress.step % profileEvery === 0) {
        yield { type: "phase", step: progress.step, steps: progress.step - lastProfile, ms: this.#clock.takePhases() };
        lastProfile = progress.step;
      }
      const evaluated = progress.step % evaluateEvery === 0 || progress.step >= this.#limit;
      if (evaluated) yield await this.#evaluate();
      if (signal?.aborted === true) {
        reason = "stopped";
        break;
      }
      if (checkpoint !== undefined && progress.step % checkpoint.every === 0 && progress.step < this.#limit) yield await this.#save();
    }
    if (progress.step > lastProfile) yield { type: "phase", step: progress.step, steps: progress.step - lastProfile, ms: this.#clock.takePhases() };
    if (checkpoint !== undefined && reason !== "diverged") yield await this.#save();
    yield { type: "end", reason, step: progress.step, seconds: progress.seconds, text, best: progress.best };
  }

  #step(): RunEvent {
    const { model, loss, data, optimizer, rng } = this.#options;
    const progress = this.#progress;
    const clock = this.#clock;
    clock.mark("data");
    const result = scope(() => {
      const batch = gatherBatch(data.train, this.#order.next(), this.#placement);
      return trainStep({ model, parameters: this.#tensors.parameters, loss, optimizer, batch, step: progress.step, rng: rng.fork(`step ${progress.step}`), clock });
    });
    clock.pause();
    progress.step += 1;
    progress.examples += this.#options.batch;
    progress.seconds = clock.seconds;
    if (result.skipped !== null) {
      progress.skipped += 1;
      progress.skippedInARow += 1;
      return { type: "skipped", step: progress.step, inARow: progress.skippedInARow, total: progress.skipped, what: result.skipped };
    }
    progress.skippedInARow = 0;
    progress.firstLoss ??= result.loss;
    progress.highInARow = result.loss > 10 * progress.firstLoss ? progress.highInARow + 1 : 0;
    const { step, examples, seconds } = progress;
    const learningRate = optimizer.learningRateAt(step - 1);
    const { loss: value, reported, gradNorm } = result;
    return { type: "step", step, examples, seconds, learningRate, loss: value, reported, ...(gradNorm === undefined ? {} : { gradNorm }) };
  }

  #trouble(): string | null {
    const { patience = 20 } = this.#options;
    const { skippedInARow, highInARow, firstLoss } = this.#progress;
    if (skippedInARow >= patience) return `${skippedInARow} steps in a row were not finite`;
    if (highInARow >= patience) return `the loss stayed above ten times its start (${firstLoss?.toPrecision(4)}) for ${highInARow} steps`;
    return null;
  }

  async #evaluate(): Promise<RunEvent> {
    const { model, loss, data } = this.#options;
    const { step, examples, seconds } = this.#progress;
    const { loss: value, accuracy } = await evaluate(model, loss, data.test, this.#placement);
    const measured = { step, loss: value, ...(accuracy === undefined ? {} : { accuracy }) };
    if (this.#progress.best === null || value < this.#progress.best.loss) this.#progress.best = measured;
    return { type: "eval", examples, seconds, ...measured };
  }

  async #save(): Promise<RunEvent> {
    const progress = this.#progress;
    const tree: CheckpointTree = snapshot(this.#identity, progress, this.#order.state(), this.#tensors);
    const info = { step: progress.step, best: progress.best?.step === progress.step };
    const path = await (this.#options.checkpoint as NonNullable<FitOptions["checkpoint"]>).save(await encodeCheckpoint(tree), info);
    return { type: "checkpoint", step: progress.step, path };
  }
}
