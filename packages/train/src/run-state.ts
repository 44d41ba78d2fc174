/** The state of a run at a point in time: everything that a resumed run needs to go on with the same bits. */

import type { Parameters } from "@kronograd/autograd";
import type { BatchPosition } from "@kronograd/data";
import { loadState, type Optimizer, type StateTree } from "@kronograd/optimizers";
import { CheckpointError, copyOp, dispatchInto, type Tensor } from "@kronograd/tensor";
import type { CheckpointTree } from "./checkpoint-tree.ts";
import type { StoppingState } from "./early-stopping.ts";
import { type Difference, differences } from "./identity/differences.ts";
import type { Identity } from "./identity/identity.ts";

/** The best evaluation of the validation rows so far. */
export interface Best {
  readonly step: number;
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
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
  /** Whether it was what `until` or early stopping waits for. */
  reached: boolean;
  /** In words, where early stopping ended the run. */
  why: string;
  /** Of early stopping; null before its first evaluation. */
  stopping: StoppingState | null;
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
  why: "",
  stopping: null,
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
    identity,
    progress: {
      ...progress,
      best: progress.best === null ? null : { ...progress.best },
      stopping: progress.stopping === null ? null : { ...progress.stopping },
    },
    position: { ...position },
    parameters: tensors.parameters,
    buffers: tensors.buffers,
    optimizer: tensors.optimizer.state as CheckpointTree,
  };
}

/** A run that goes on: its progress and position, and what it was told to go on without. */
export interface Restored {
  readonly progress: Progress;
  readonly position: BatchPosition;
  /** In words, where the run is not the one that was saved. */
  readonly changes: readonly string[];
}

/**
 * Put a run back to where a checkpoint left it.
 *
 * @param allowChanges  go on with another optimizer, loss, data set, model of the same tensors, batch, seed or backend
 * @throws {CheckpointError} it belongs to another run, or its tensors do not fit; nothing was changed
 */
export function restore(
  file: string,
  tree: CheckpointTree,
  identity: Identity,
  tensors: RunTensors,
  allowChanges: boolean,
): Restored {
  const saved = asRun(file, tree);
  const found = typeof saved.identity.optimizer === "string" ? null : differences(saved.identity, identity);
  checkTensors(file, "parameter", saved.parameters, tensors.parameters);
  checkTensors(file, "buffer", saved.buffers, tensors.buffers);
  if (!allowChanges) refuse(file, found);
  for (const [own, from] of [
    [tensors.parameters, saved.parameters],
    [tensors.buffers, saved.buffers],
  ] as const) {
    for (const [name, t] of Object.entries(own)) dispatchInto(copyOp, [t], [from[name] as Tensor], {});
  }
  const isOther = found !== null && kindOf(saved.identity) !== kindOf(identity);
  if (!isOther) loadState(tensors.optimizer, saved.optimizer);
  const changes =
    found === null
      ? ["the checkpoint does not say which options its run had"]
      : found.map(({ option, saved: was, own }) => `${option}: ${short(was)} → ${short(own)}`);
  if (isOther) changes.push("the optimizer begins without a state");
  const { epoch, index } = saved.position;
  const passed = index * (Number(saved.identity.batch) / Number(identity.batch)); // of the epoch, in batches of this run
  return {
    progress: { ...freshProgress(), ...saved.progress },
    position: { epoch, index: Math.floor(passed) },
    changes,
  };
}

/** The links of an optimizer's chain without their numbers: what decides on the form of its state. */
function kindOf({ optimizer }: Identity): string {
  const { name, chain } = optimizer as Identity;
  return `${name}: ${String(chain).replace(/\([^a-z()]*\)/gi, "")}`;
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

const knowingly = "or pass allowChanges: true (--allow-changes) to go on knowingly.";

const advice: Readonly<Record<string, string>> = {
  backend: "Results would differ in their last bits: resume on the backend of the run,",
  data: "The data set is another one, or was changed: resume with the same data,",
  microBatch: "Other sums would be rounded otherwise: resume with as many rows at a time,",
};

/** @param found  null where the checkpoint was written before identities held every option */
function refuse(file: string, found: readonly Difference[] | null): void {
  if (found === null) {
    throw new CheckpointError({
      where: file,
      problem: "does not say which options its run had, so it cannot be told whether this run is the same",
      help: `Start a new run, ${knowingly}`,
      details: { file, differences: [] },
    });
  }
  const [first] = found;
  if (first === undefined) return;
  const key = first.option.replace(/[.,].*$/, "");
  const each = found.map(({ option, saved, own }) => `${option} (expected ${short(own)}, got ${short(saved)})`);
  const isOne = found.length === 1;
  throw new CheckpointError({
    where: file,
    problem: isOne ? `belongs to a run with another ${first.option}` : `belongs to another run: ${each.join("; ")}`,
    ...(isOne && { expected: asValue(first.own), got: asValue(first.saved) }),
    help: `${advice[key] ?? `Resume with the ${key} of the run,`} ${knowingly}`,
    details: { file, key, differences: found },
  });
}

/** A number or a truth value as such, so that an error does not quote it. */
function asValue(text: string): unknown {
  return /^(?:-?[\d.]+(?:e[+-]?\d+)?|true|false|null)$/i.test(text) ? JSON.parse(text) : short(text);
}

const short = (text: string): string => (text.length > 100 ? `${text.slice(0, 99)}…` : text);

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
