/** The life of one run: what is done between the events of `fit`, and in which order. */

import {
  type BatchOrder,
  type BatchRows,
  batchOrder,
  batchSource,
  type Dataset,
  gatherBatch,
  isStream,
  type Split,
  type StreamedDataset,
  withValidation,
} from "@kronograd/data";
import { buffers, parameters, positionRoles } from "@kronograd/layers";
import { type Device, type Dtype, type Rng, scope, tensorsIn, UsageError } from "@kronograd/tensor";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { Clock } from "./clock.ts";
import { type Rules, rulesOf } from "./decisions.ts";
import { defaultMetrics, type Evaluation, evaluate } from "./evaluate.ts";
import { withEvaluationWeights } from "./evaluation-weights.ts";
import type { EvaluatedSplit, PlanRows, RunEvent } from "./events.ts";
import type { FitOptions } from "./fit-options.ts";
import { type Identity, identityOf } from "./identity/identity.ts";
import { InFlight } from "./in-flight.ts";
import { assertPeriod, stepLimit } from "./limits.ts";
import { checkMetrics, type Metric } from "./metric.ts";
import { planOf } from "./plan.ts";
import { type Best, freshProgress, type Progress, type RunTensors, restore, snapshot } from "./run-state.ts";
import { type StepInput, type StepResult, trainStep } from "./step.ts";
import { bytesOf, estimateStepBytes, peakAbove } from "./step-memory.ts";
import { saveWeights } from "./weights/save-weights.ts";

const defaultPatience = 20;
const explosion = 10; // times the first loss
/** Steps that an asynchronous device is given before their numbers are waited for; each keeps an optimizer's state. */
const mostInFlight = 3;

/** The batches of every run with this data, batch size and stream. */
export function batchesOf(
  data: Dataset,
  batch: number,
  rng: Rng,
  { dropLast = true }: Pick<FitOptions, "dropLast"> = {},
): BatchOrder {
  return batchOrder(data.train.count, batch, rng.fork("batches"), { dropLast });
}

/** The data of a run: with validation rows, where something is decided by them. */
function dataOf(options: FitOptions): Dataset | StreamedDataset {
  const { data, rng, until, earlyStopping, saveBest, checkpoint, validation: share } = options;
  const decides = until !== undefined || earlyStopping !== undefined || saveBest !== undefined || checkpoint?.best;
  if (share === undefined && decides !== true) return data;
  if (isStream(data.train)) {
    if (data.validation !== undefined) return data;
    throw new UsageError({
      where: "fit",
      problem: "no rows can be held out of a stream for validation",
      help: "Give the data set validation rows.",
    });
  }
  return withValidation(data as Dataset, { rng: rng.fork("validation"), ...(share === undefined ? {} : { share }) });
}

/** A run that stands between two steps. Made by `fit`. */
export class Run {
  readonly #options: FitOptions;
  readonly #data: Dataset | StreamedDataset;
  readonly #metrics: readonly Metric[];
  readonly #rules: Rules;
  readonly #tensors: RunTensors;
  readonly #roles: ReturnType<typeof positionRoles>;
  readonly #placement: { device: Device; dtype: Dtype };
  /** Made when a checkpoint asks for it. */
  #identity: Promise<Identity> | undefined;
  readonly #order;
  #clock = new Clock();
  /** Where the device is asynchronous. */
  readonly #inFlight: InFlight | undefined;
  readonly #stepLimit: number;
  #progress: Progress = freshProgress();
  #profiledAt = 0;
  /** Of the steps of this process. */
  #peakBytes = 0;

  constructor(options: FitOptions) {
    this.#options = options;
    const data = dataOf(options);
    this.#data = data;
    const { model, optimizer, batch, microBatch = batch, rng, metrics = defaultMetrics(data.test) } = options;
    checkMetrics("fit", metrics);
    this.#metrics = metrics;
    this.#rules = rulesOf(options, metrics);
    this.#tensors = { parameters: parameters(model), buffers: buffers(model), optimizer };
    this.#roles = positionRoles(model);
    const first = Object.values(this.#tensors.parameters)[0];
    if (first === undefined) throw new UsageError({ where: "fit", problem: "the model has no parameters to train" });
    const { device, dtype } = first;
    this.#placement = { device, dtype };
    this.#inFlight = device.backend.host === undefined ? new InFlight(first) : undefined;
    this.#order = batchSource(data.train, batch, rng.fork("batches"), options);
    this.#stepLimit = stepLimit(options, this.#order.perEpoch);
    const { evaluateEvery = 1, profileEvery = 1, patience = 1, checkpoint } = options;
    const periods = { microBatch, evaluateEvery, profileEvery, patience, "checkpoint.every": checkpoint?.every ?? 1 };
    for (const [name, value] of Object.entries(periods)) assertPeriod(name, value);
  }

  async *events(): AsyncGenerator<RunEvent, void, undefined> {
    try {
      yield* this.#events();
    } finally {
      this.#inFlight?.[Symbol.dispose]();
      this.#order.close();
    }
  }

  async *#events(): AsyncGenerator<RunEvent, void, undefined> {
    const { model, optimizer, batch, checkpoint, evaluateEvery = this.#order.perEpoch, resume } = this.#options;
    const { profileEvery = 50 } = this.#options;
    const changes = resume === undefined ? [] : await this.#restore(resume);
    const progress = this.#progress;
    const plan = planOf(model, optimizer, batch, this.#tensors.parameters, this.#placement.device, this.#rows());
    const estimate = this.#options.estimateMemory === true ? this.#estimate() : null;
    yield estimate === null ? plan : { ...plan, peakBytes: estimate };
    if (changes.length > 0)
      yield { type: "notice", level: "warn", text: `resumed with changes: ${changes.join("; ")}` };
    if (resume === undefined) {
      yield* this.#evaluate();
      if (checkpoint !== undefined) yield await this.#save(); // so that a run killed early can be resumed too
    }
    while (!this.#isOver() && this.#options.signal?.aborted !== true && this.#trouble() === null) {
      yield this.#inFlight === undefined ? this.#record(await this.#step()) : await this.#lateStep(this.#inFlight);
      if (progress.step % profileEvery === 0) yield this.#profile();
      const wasBest = progress.best;
      if (progress.step % evaluateEvery === 0) yield* this.#evaluate();
      const isDue = progress.step % (checkpoint?.every ?? 1) === 0 || (checkpoint?.best && progress.best !== wasBest);
      if (checkpoint !== undefined && isDue && !this.#isOver()) yield await this.#save();
    }
    yield* this.#end();
  }

  async *#end(): AsyncGenerator<RunEvent, void, undefined> {
    const progress = this.#progress;
    while ((this.#inFlight?.count ?? 0) > 0) yield await this.#settle(this.#inFlight as InFlight);
    const trouble = this.#trouble();
    const reason = trouble !== null ? "diverged" : this.#isOver() ? "done" : "stopped";
    if (progress.step > this.#profiledAt) yield this.#profile();
    // A run that was stopped is not evaluated out of turn: when it is resumed it must not differ from one that was not.
    if (reason !== "stopped" && progress.evaluatedAt !== progress.step) yield* this.#evaluate();
    if (this.#options.checkpoint !== undefined && reason !== "diverged") yield await this.#save();
    const { step, seconds, skipped, best } = progress;
    const peak = this.#peakBytes > 0 ? { peakBytes: this.#peakBytes } : {};
    yield { type: "end", reason, step, seconds, skipped, ...peak, text: trouble ?? progress.why, best };
  }

  #isOver(): boolean {
    const { seconds = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#progress.reached) return true;
    return this.#progress.step >= this.#stepLimit || this.#progress.seconds >= seconds;
  }

  #trouble(): string | null {
    const { patience = defaultPatience } = this.#options;
    const { skippedInARow, highInARow, firstLoss, lastSkipped } = this.#progress;
    if (skippedInARow >= patience)
      return `${skippedInARow} steps in a row could not be taken; the last: ${lastSkipped}`;
    if (highInARow < patience) return null;
    return `the loss stayed above ${explosion} times its start (${firstLoss?.toPrecision(4)}) for ${highInARow} steps`;
  }

  async #step(): Promise<StepResult> {
    const rows = await this.#nextRows();
    return this.#measured(() => trainStep(this.#nextStep(rows)));
  }

  /** Rows of the next batch; nothing is waited for where they are in memory. */
  #nextRows(): BatchRows | Promise<BatchRows> {
    this.#clock.mark("data");
    return this.#order.next();
  }

  /** Run a step in a scope, and note its peak. */
  #measured<T>(step: () => T): T {
    const { parameters, buffers, optimizer } = this.#tensors;
    const own = bytesOf([...Object.values(parameters), ...Object.values(buffers), ...tensorsIn(optimizer.state)]);
    const { result, bytes } = peakAbove(this.#placement.device, () => scope(step));
    this.#peakBytes = Math.max(this.#peakBytes, own + bytes);
    return result;
  }

  #estimate(): number | null {
    const { model, loss, optimizer, batch, microBatch = batch, rng } = this.#options;
    const { train, test } = this.#data;
    const { parameters, buffers } = this.#tensors;
    const step = {
      model,
      loss,
      optimizer,
      microBatch,
      rng: rng.fork("estimate"),
      parameters,
      buffers,
      roles: this.#roles,
    };
    return estimateStepBytes({ ...step, split: isStream(train) ? test : train, batch, placement: this.#placement });
  }

  /** Enqueue as many steps as may go ahead of the last one that was read, and wait for the oldest. */
  async #lateStep(inFlight: InFlight): Promise<RunEvent> {
    while (inFlight.count < mostInFlight && this.#progress.step + inFlight.count < this.#nextStop()) {
      const rows = await this.#nextRows();
      this.#measured(() => inFlight.launch(this.#nextStep(rows, inFlight.count), this.#order.state()));
    }
    return this.#settle(inFlight);
  }

  async #settle(inFlight: InFlight): Promise<RunEvent> {
    this.#clock.mark("wait");
    const { result, rewind } = await inFlight.settle();
    if (rewind !== null) this.#order.restore(rewind);
    return this.#record(result);
  }

  /** The next step at which no other may be under way: an evaluation, a checkpoint, the end. */
  #nextStop(): number {
    const { checkpoint, evaluateEvery = this.#order.perEpoch } = this.#options;
    const periods = checkpoint === undefined ? [evaluateEvery] : [evaluateEvery, checkpoint.every];
    const { step } = this.#progress;
    return Math.min(this.#stepLimit, ...periods.map((every) => (Math.floor(step / every) + 1) * every));
  }

  /** @param ahead  steps that were enqueued after the last one that was read */
  #nextStep({ split, rows }: BatchRows, ahead = 0): StepInput {
    const { model, loss, optimizer, batch, microBatch = batch, rng } = this.#options;
    const step = this.#progress.step + ahead;
    return {
      model,
      parameters: this.#tensors.parameters,
      loss,
      optimizer,
      batch: gatherBatch(split, rows, this.#placement),
      step,
      rng: rng.fork(`step ${step}`),
      clock: this.#clock,
      microBatch,
      roles: this.#roles,
    };
  }

  #record(result: StepResult): RunEvent {
    const { optimizer } = this.#options;
    const progress = this.#progress;
    this.#clock.pause();
    progress.examples += this.#order.sizeOf(progress.step);
    progress.step += 1;
    progress.seconds = this.#clock.seconds;
    const { step, examples, seconds } = progress;
    if (result.skipped !== null) {
      progress.skipped += 1;
      progress.skippedInARow += 1;
      progress.lastSkipped = result.skipped;
      const { skipped: total, skippedInARow: inARow } = progress;
      return { type: "skipped", step, examples, seconds, inARow, total, what: result.skipped };
    }
    progress.skippedInARow = 0;
    progress.firstLoss ??= result.loss;
    progress.highInARow = result.loss > explosion * Math.abs(progress.firstLoss) ? progress.highInARow + 1 : 0;
    const learningRate = optimizer.learningRateAt(step - 1);
    const { skipped: _, ...numbers } = result;
    return { type: "step", step, examples, seconds, learningRate, ...numbers };
  }

  #profile(): RunEvent {
    const { step } = this.#progress;
    const steps = step - this.#profiledAt;
    this.#profiledAt = step;
    return { type: "phase", step, steps, ms: this.#clock.takePhases() };
  }

  /** Evaluate the validation rows, which decide, and the test rows, which are reported. */
  async *#evaluate(): AsyncGenerator<RunEvent, void, undefined> {
    const progress = this.#progress;
    progress.evaluatedAt = progress.step;
    const { validation, test } = this.#data;
    if (validation !== undefined) {
      const seen = await this.#look(validation);
      const isBest = this.#rules.take(progress, seen);
      const { saveBest, model, optimizer } = this.#options;
      if (isBest && saveBest !== undefined) {
        const bytes = await withEvaluationWeights(model, optimizer, () => saveWeights(model));
        await saveBest(bytes, progress.best as Best);
      }
      yield this.#told("validation", seen);
    }
    yield this.#told("test", await this.#look(test));
  }

  #look(split: Split): Promise<Evaluation> {
    const { model, loss, optimizer } = this.#options;
    const options = { ...this.#placement, metrics: this.#metrics };
    return withEvaluationWeights(model, optimizer, () => evaluate(model, loss, split, options));
  }

  #told(split: EvaluatedSplit, seen: Evaluation): RunEvent {
    const { step, examples, seconds } = this.#progress;
    return { type: "eval", split, step, examples, seconds, ...seen };
  }

  #rows(): PlanRows {
    const { train, validation, test } = this.#data;
    const { dropLast = true, batch } = this.#options;
    return {
      train: train.count,
      validation: validation?.count ?? 0,
      test: test.count,
      heldOut: validation !== this.#options.data.validation,
      leftOut: dropLast ? train.count % batch : 0,
    };
  }

  async #save(): Promise<RunEvent> {
    const { step, best } = this.#progress;
    const tree = snapshot(await this.#ownIdentity(), this.#progress, this.#order.state(), this.#tensors);
    const bytes = await encodeCheckpoint(tree);
    const path = await this.#options.checkpoint?.save(bytes, { step, best: best?.step === step });
    return { type: "checkpoint", step, path: path ?? "" };
  }

  #ownIdentity(): Promise<Identity> {
    this.#identity ??= identityOf({ ...this.#options, data: this.#data }, this.#placement);
    return this.#identity;
  }

  /** @returns what is not as it was saved, if that is allowed */
  async #restore({ bytes, file }: NonNullable<FitOptions["resume"]>): Promise<readonly string[]> {
    const identity = await this.#ownIdentity();
    const { allowChanges = false } = this.#options;
    const { progress, position, changes } = scope(() => {
      const tree = decodeCheckpoint(bytes, { file, device: this.#placement.device });
      return restore(file, tree, identity, this.#tensors, allowChanges);
    });
    this.#progress = progress;
    this.#order.restore({ ...position, index: Math.min(position.index, this.#order.perEpoch - 1) }); // epochs may have shrunk
    this.#clock = new Clock(progress.seconds);
    this.#profiledAt = progress.step;
    return changes;
  }
}
