/** A run brought back from a checkpoint to be looked at, and what its curvature looks like. */

import { median } from "@kronograd/figures";
import { buffers, disposeModel, parameters } from "@kronograd/layers";
import { inspectState, type Optimizer } from "@kronograd/optimizers";
import { NumericalError, Rng, retain, scope, type Tensor, tensorsIn } from "@kronograd/tensor";
import { fit } from "@kronograd/train";
import type { RunFolder } from "@kronograd/train/node";
import type { OpenExperiment, OpenRival } from "../opening/experiment.ts";
import type { From } from "./from.ts";

/** A run at a checkpoint. */
export interface RestoredRun extends Disposable {
  readonly step: number;
  readonly optimizer: Optimizer;
  /** Bytes. */
  readonly memory: { readonly parameters: number; readonly optimizer: number };
}

/**
 * Load a checkpoint into a fresh model and optimizer.
 *
 * @throws {CheckpointError} there is none, it is damaged, or it is of another run
 */
export async function restoreRun(experiment: OpenExperiment, folder: RunFolder, from: From): Promise<RestoredRun> {
  const { settings, data, device, loss } = experiment;
  const [rival] = experiment.rivals as readonly [OpenRival];
  const root = new Rng(settings.seeds[0] as number);
  const model = experiment.model({ rng: root.fork("weights"), device, dtype: settings.dtype });
  const optimizer = rival.make();
  const resume = folder.readCheckpoint(from);
  const { batch, microBatch = batch } = settings;
  const stream = fit({ model, optimizer, loss, data, batch, microBatch, rng: root.fork("run"), steps: 1, resume });
  await stream.next(); // the plan: by then the checkpoint is loaded, and nothing has been trained
  await stream.return();
  const kept = [...Object.values(parameters(model)), ...Object.values(buffers(model))];
  return {
    step: resume.step,
    optimizer,
    memory: { parameters: bytesOf(kept), optimizer: bytesOf([...tensorsIn(optimizer.state)]) },
    [Symbol.dispose]() {
      optimizer[Symbol.dispose]();
      disposeModel(model);
    },
  };
}

const bytesOf = (tensors: readonly Tensor[]): number => {
  const storages = new Set(tensors.map(({ storage }) => storage));
  return [...storages].reduce((sum, { bytes }) => sum + bytes, 0);
};

/** One spectrum of one layer. */
export interface BlockSpectra {
  readonly block: string;
  /** "A" of the inputs, "G" of the output gradients. */
  readonly name: string;
  readonly size: number;
  readonly largest: number;
  readonly median: number;
  readonly least: number;
  /** Largest over least; infinite for a singular factor, which damping makes regular. */
  readonly condition: number;
}

/** The worst-conditioned factor of an optimizer in words, or null where it keeps none that can be looked at. */
export async function worstFactor(optimizer: Optimizer): Promise<string | null> {
  try {
    const worst = (await spectraOf(optimizer)).sort((a, b) => b.condition - a.condition)[0];
    if (worst === undefined) return null;
    const { block, name, condition } = worst;
    return `the worst-conditioned factor is ${name} of ${block} (${Number.isFinite(condition) ? `condition ${condition.toPrecision(3)}` : "singular"})`;
  } catch (error) {
    if (error instanceof NumericalError) return error.message; // it holds numbers that are not finite
    throw error;
  }
}

/** The spectra of an optimizer's curvature, block by block. */
export async function spectraOf(optimizer: Optimizer): Promise<BlockSpectra[]> {
  const all = scope(() =>
    Object.entries(inspectState(optimizer)).flatMap(([block, { spectra = {} }]) =>
      Object.entries(spectra).map(([name, values]) => summarize(block, name, retain(values))),
    ),
  );
  return await Promise.all(all);
}

async function summarize(block: string, name: string, values: Tensor): Promise<BlockSpectra> {
  using held = values;
  const sorted = [...(await held.data())].sort((a, b) => b - a);
  const largest = sorted[0] ?? Number.NaN;
  const least = sorted.at(-1) ?? Number.NaN;
  const condition = least > 0 ? largest / least : Number.POSITIVE_INFINITY;
  return { block, name, size: sorted.length, largest, median: median(sorted), least, condition };
}
