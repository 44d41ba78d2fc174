/** One run: its folder, its stream of events, and what is written down of it. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { disposeModel } from "@kronograd/layers";
import { Rng } from "@kronograd/tensor";
import { fit, type RunEvent } from "@kronograd/train";
import { RunFolder } from "@kronograd/train/node";
import { parseKeep } from "../configuration/settings.ts";
import type { OpenExperiment, OpenRival } from "../opening/experiment.ts";
import type { From } from "./from.ts";
import { worstFactor } from "./inspection.ts";
import { runRecord } from "./record.ts";

/** A run that its reader advances. */
export interface Entry {
  readonly rival: string;
  readonly seed: number;
  readonly path: string;
  /** Events of an earlier process. */
  readonly past: readonly RunEvent[];
  /** Whether an earlier process came to its end. */
  readonly isFinished: boolean;
  /** The next event, which has been written down; undefined at the end. */
  next(): Promise<RunEvent | undefined>;
}

/** What is decided for all runs at once. */
export interface EntryOptions {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Go on from a checkpoint, where the folder has one. */
  readonly resume?: From;
  /** Though the run is not the one that was saved. */
  readonly allowChanges?: boolean;
}

/**
 * Open one run: a new folder, or the rest of an old one. Nothing is made or changed before `next` is called.
 *
 * @throws {CheckpointError | DataError} (also from `next`) the folder is damaged, or holds something else
 */
export function openEntry(
  experiment: OpenExperiment,
  rival: OpenRival,
  seed: number,
  path: string,
  options: EntryOptions,
): Entry {
  const { resume } = options;
  const old = resume !== undefined && existsSync(join(path, "run.json")) ? RunFolder.open(path) : null;
  const past = old?.events() ?? [];
  let stream: AsyncGenerator<RunEvent> | undefined;
  return {
    rival: rival.name,
    seed,
    path,
    past,
    isFinished: resume === "last" && past.some((event) => event.type === "end" && event.reason === "done"),
    async next() {
      stream ??= run(experiment, rival, seed, old ?? path, options);
      const { value, done } = await stream.next();
      return done === true ? undefined : value;
    },
  };
}

async function* run(
  experiment: OpenExperiment,
  rival: OpenRival,
  seed: number,
  place: RunFolder | string,
  { signal, resume: from = "last", allowChanges = false }: EntryOptions,
): AsyncGenerator<RunEvent> {
  const { settings, data, device, loss } = experiment;
  const { steps, seconds, until, microBatch } = limitsOf(experiment);
  const root = new Rng(seed);
  const rng = root.fork("run");
  const model = experiment.model({ rng: root.fork("weights"), device, dtype: settings.dtype });
  const optimizer = rival.make();
  const isOld = typeof place !== "string";
  const folder = isOld
    ? place
    : RunFolder.create(place, await runRecord(experiment, rival, seed, { model, optimizer, rng }));
  const saved = isOld ? checkpointOf(folder, from) : null;
  const rule = parseKeep(settings.keep);
  const stream = fit({
    model,
    loss,
    data,
    optimizer,
    rng,
    signal,
    rival: rival.name,
    batch: settings.batch,
    ...microBatch,
    ...steps,
    ...seconds,
    ...until,
    evaluateEvery: settings.evaluateEvery,
    estimateMemory: true,
    ...(saved === null ? {} : { resume: saved, allowChanges }),
    checkpoint: {
      every: settings.checkpointEvery,
      best: rule.best > 0,
      save: (bytes, info) => folder.saveCheckpoint(bytes, info, rule),
    },
  });
  try {
    for await (const event of stream) {
      // The plan comes after the checkpoint was found to fit: nothing is cut before.
      if (event.type === "plan" && isOld) folder.cutAfter(saved?.step ?? -1);
      if (event.type === "end" && event.reason === "diverged") {
        const text = await worstFactor(optimizer);
        if (text !== null)
          yield write(folder, { type: "notice", level: "warn", rival: rival.name, text: `${rival.name}: ${text}` });
      }
      yield write(folder, event);
    }
  } finally {
    optimizer[Symbol.dispose]();
    disposeModel(model);
  }
}

/** Write an event down, and give it on. A resumed run has had its plan. */
function write(folder: RunFolder, event: RunEvent): RunEvent {
  if (event.type !== "plan" || !folder.events().some(({ type }) => type === "plan")) folder.append(event);
  if (event.type === "end") folder.writeMetrics();
  return event;
}

/** The checkpoint to go on from; null where a run was killed before its first. */
function checkpointOf(folder: RunFolder, from: From) {
  return from === "last" && folder.checkpoints().length === 0 ? null : folder.readCheckpoint(from);
}

function limitsOf({ settings }: OpenExperiment) {
  const { limit, seconds, until, microBatch } = settings;
  return {
    steps: Number.isFinite(limit) ? { steps: limit } : {},
    seconds: seconds === undefined ? {} : { seconds },
    until: until === undefined ? {} : { until: until.holds },
    microBatch: microBatch === undefined ? {} : { microBatch },
  };
}
