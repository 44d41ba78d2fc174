/** What a run is at a point in time: everything that a resumed run needs to go on with the same bits. */

import type { Parameters } from "@kronograd/autograd";
import type { BatchPosition } from "@kronograd/data";
import { loadState, type Optimizer, type StateTree } from "@kronograd/optimizers";
import { CheckpointError, copyOp, dispatchInto, type Tensor } from "@kronograd/tensor";
import type { CheckpointTree } from "./checkpoint-tree.ts";

/** The best evaluation so far. */
export interface Best {
  readonly step: number;
  readonly loss: number;
  readonly accuracy?: number;
}

/** What must be the same when a run is resumed. */
export interface Identity {
  readonly optimizer: string;
  readonly loss: string;
  readonly backend: string;
  readonly data: string;
  readonly batch: number;
  readonly microBatch: number;
  readonly seed: string;
}

/** Progress of a run beside its tensors. */
export interface Progress {
  step: number;
  examples: number;
  seconds: number;
  skipped: number;
  skippedInARow: number;
  /** Why the last skipped step was. */
  lastSkipped: string | null;
  firstLoss: number | null;
  highInARow: number;
  /** The step of the last evaluation. */
  evaluatedAt: number | null;
  /** Whether it was what `until` waits for. */
  reached: boolean;
  best: Best | null;
}

export const freshProgress = (): Progress => ({
  step: 0,
  examples: 0,
  seconds: 0,
  skipped: 0,
  skippedInARow: 0,
  lastSkipped: null,
  firstLoss: null,
  highInARow: 0,
  evaluatedAt: null,
  reached: false,
  best: null,
});

export interface RunTensors {
  readonly parameters: Parameters;
  readonly buffers: Readonly<Record<string, Tensor>>;
  readonly optimizer: Optimizer;
}

/** The tree that a checkpoint holds. Its tensors are the run's own: encode it before the next step. */
export function snapshot(
  identity: Identity,
  progress: Progress,
  position: BatchPosition,
  tensors: RunTensors,
): CheckpointTree {
  return {
    identity: { ...identity },
    progress: { ...progress, best: progress.best === null ? null : { ...progress.best } },
    position: { ...position },
    parameters: tensors.parameters,
    buffers: tensors.buffers,
    optimizer: tensors.optimizer.state as CheckpointTree,
  };
}

/**
 * Put a run back to where a checkpoint left it.
 *
 * @throws {CheckpointError} it belongs to another model, optimizer, data set, batch size, seed or backend; nothing was changed
 */
export function restore(
  file: string,
  tree: CheckpointTree,
  identity: Identity,
  tensors: RunTensors,
): { progress: Progress; position: BatchPosition } {
  const saved = asRun(file, tree);
  checkIdentity(file, saved.identity, identity);
  checkTensors(file, "parameter", saved.parameters, tensors.parameters);
  checkTensors(file, "buffer", saved.buffers, tensors.buffers);
  for (const [own, from] of [
    [tensors.parameters, saved.parameters],
    [tensors.buffers, saved.buffers],
  ] as const) {
    for (const [name, t] of Object.entries(own)) dispatchInto(copyOp, [t], [from[name] as Tensor], {});
  }
  loadState(tensors.optimizer, saved.optimizer);
  return { progress: { ...saved.progress }, position: saved.position };
}

interface SavedRun {
  readonly identity: Identity;
  readonly progress: Progress;
  readonly position: BatchPosition;
  readonly parameters: Record<string, Tensor>;
  readonly buffers: Record<string, Tensor>;
  readonly optimizer: StateTree;
}

function asRun(file: string, tree: CheckpointTree): SavedRun {
  const keys = ["identity", "progress", "position", "parameters", "buffers", "optimizer"];
  const saved = (typeof tree === "object" ? tree : null) as unknown as SavedRun | null;
  if (saved !== null && keys.every((key) => key in saved)) return saved;
  throw new CheckpointError({
    where: file,
    problem: "does not hold a run",
    expected: keys,
    got: Object.keys(saved ?? {}),
    help: "Resume from a checkpoint of fit.",
    details: { file },
  });
}

const advice: Readonly<Record<keyof Identity, string>> = {
  optimizer: "Resume with the same optimizer, or start a new run.",
  loss: "Resume with the same loss, or start a new run.",
  backend: "Results would differ in their last bits: resume on the backend of the run, or start a new run.",
  data: "The data set is another one, or was changed: resume with the same data.",
  batch: "Resume with the same batch size.",
  microBatch: "Resume with as many rows at a time: other sums would be rounded otherwise.",
  seed: "Resume with the same seed.",
};

function checkIdentity(file: string, saved: Identity, own: Identity): void {
  for (const key of Object.keys(advice) as (keyof Identity)[]) {
    if (saved[key] === own[key]) continue;
    throw new CheckpointError({
      where: file,
      problem: `belongs to a run with another ${key}`,
      expected: own[key],
      got: saved[key],
      help: advice[key],
      details: { key, saved: saved[key], own: own[key] },
    });
  }
}

function checkTensors(
  file: string,
  kind: string,
  saved: Readonly<Record<string, Tensor>>,
  own: Readonly<Record<string, Tensor>>,
): void {
  const describe = (t: Tensor | undefined) => (t === undefined ? "none" : `${t.dtype} [${t.shape.join(", ")}]`);
  for (const name of new Set([...Object.keys(saved), ...Object.keys(own)])) {
    if (describe(saved[name]) === describe(own[name])) continue;
    throw new CheckpointError({
      where: file,
      problem: `${kind} "${name}" does not fit the model`,
      expected: describe(own[name]),
      got: describe(saved[name]),
      help: "Resume with the model of the run, or start a new run.",
      details: { name },
    });
  }
}
