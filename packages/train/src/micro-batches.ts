/**
 * Gradient accumulation: a batch seen a few rows at a time, as if it had been seen at once.
 *
 * Gradients are summed by `accumulate`; layer records are handed on part by part, for curvature methods to observe and merge. Rows of
 * the loss are counted once, so that losses, gradients and statistics of the parts add up to those of the whole (on steps that
 * gather statistics, inputs and output gradients of all rows are held). Batch norm is the
 * exception by its nature: it normalizes each part by itself, and its running statistics move by the mean over the parts.
 */

import {
  type CaptureRequest,
  type Gradient,
  type LayerRecord,
  type Loss,
  type Parameters,
  type StepRows,
  valueAndGrad,
} from "@kronograd/autograd";
import type { Batch } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import { accumulate } from "@kronograd/optimizers";
import { add, adopt, type Rng, retain, scale, scope, type Tensor, type Tree } from "@kronograd/tensor";
import { examplesOf, sliceBatch, soleTensor } from "./batch-rows.ts";

/** Result of a look at a batch. */
export interface Seen {
  /** [] the loss */
  readonly value: Tensor;
  readonly gradients: ReadonlyMap<string, Gradient>;
  /** Gradients under other labels, where the capture asks for them. */
  readonly labelGradients?: ReadonlyMap<string, Gradient>;
  /** By layer, one record for each part. */
  readonly records: ReadonlyMap<string, readonly LayerRecord[]>;
  /** Buffers and the values that layers want them to take. */
  readonly commits: readonly (readonly [buffer: Tensor, value: Tensor])[];
}

/** Input of a look at a batch. */
export interface Look {
  readonly model: Layer<Tree>;
  readonly parameters: Parameters;
  readonly loss: Loss;
  readonly batch: Batch;
  /** Rows of the loss, counted over the whole step; default: the batch is all of it. */
  readonly rows?: StepRows;
  readonly capture: CaptureRequest;
  /** The step's own stream. */
  readonly rng: Rng;
  readonly mark?: (phase: string) => void;
}

/** Forward and backward pass over a batch at once. */
export function lookAt({ model, parameters, loss, batch, rows = rowsOf(loss, batch), capture, rng, mark }: Look): Seen {
  const { inputs, targets } = batch;
  const commits: [Tensor, Tensor][] = [];
  const mode = {
    training: true,
    rng: rng.fork("layers"),
    commit: (buffer: Tensor, value: Tensor) => commits.push([buffer, retain(value)]), // past the scope of the pass
  };
  const { value, gradients, labelGradients, records } = valueAndGrad(
    { outputs: () => model.forward(inputs, mode), loss, targets: soleTensor("targets", targets), rows },
    parameters,
    { capture, rng: rng.fork("labels"), ...(mark === undefined ? {} : { mark }) },
  );
  for (const [, next] of commits) adopt(next);
  const parts = new Map([...records].map(([name, record]) => [name, [record]]));
  return { value, gradients, ...(labelGradients && { labelGradients }), records: parts, commits };
}

/** Some rows of a batch, seen as one pass. */
export interface Part {
  readonly batch: Batch;
  /** Its rows of the loss; the step's loss is the sum of the parts'. */
  readonly rows: StepRows;
  /** The stream of the part's random draws. */
  readonly rng: Rng;
  /** Examples of the part / examples of the batch. */
  readonly share: number;
}

/** The parts of a batch, `size` examples each; the batch itself where it has no more. */
export function partsOf({ batch, loss, rng }: Pick<Look, "batch" | "loss" | "rng">, size: number): (() => Part)[] {
  const count = examplesOf(batch);
  const rows = rowsOf(loss, batch);
  if (size >= count) return [() => ({ batch, rows, rng, share: 1 })];
  return Array.from({ length: Math.ceil(count / size) }, (_, k) => () => {
    const [start, end] = [k * size, Math.min(count, (k + 1) * size)];
    return {
      batch: sliceBatch(batch, start, end),
      rows: rows.part(start, end),
      rng: rng.fork(`rows ${start}`),
      share: (end - start) / count,
    };
  });
}

/** Rows of the loss on a whole batch: counted once, whatever parts it is seen in. */
function rowsOf(loss: Loss, { targets, weights }: Batch): StepRows {
  return loss.rows(soleTensor("targets", targets), weights === undefined ? undefined : soleTensor("weights", weights));
}

/** The same, `size` examples at a time. */
export function lookInParts(look: Look, size: number): Seen {
  const makers = partsOf(look, size);
  if (makers.length === 1) return lookAt(look);
  const parts: Seen[] = []; // value and gradients are sums so far
  for (const make of makers) {
    const before = parts.at(-1);
    const part = scope((): Seen => {
      look.mark?.("forward");
      const { share, ...part } = make();
      const { value, gradients, labelGradients, records, commits } = lookAt({ ...look, ...part });
      const labels = labelGradients && accumulate(before?.labelGradients ?? null, labelGradients, 1);
      return {
        value: before === undefined ? value : add(before.value, value),
        gradients: accumulate(before?.gradients ?? null, gradients, 1),
        ...(labels && { labelGradients: labels }),
        records,
        commits: commits.map(([buffer, next]) => [buffer, scale(next, share)]),
      };
    });
    parts.push(part);
  }
  const { value, gradients, labelGradients } = parts.at(-1) as Seen;
  return {
    value,
    gradients,
    ...(labelGradients && { labelGradients }),
    records: byLayer(parts.map((part) => part.records)),
    commits: sumCommits(parts.flatMap((part) => part.commits)),
  };
}

/** The records of each layer, part by part. */
function byLayer(parts: readonly Seen["records"][]): Seen["records"] {
  const [first] = parts as [Seen["records"]];
  return new Map([...first.keys()].map((name) => [name, parts.flatMap((part) => part.get(name) ?? [])]));
}

function sumCommits(commits: Seen["commits"]): Seen["commits"] {
  const totals = new Map<Tensor, Tensor>();
  for (const [buffer, value] of commits) {
    const total = totals.get(buffer);
    totals.set(buffer, total === undefined ? value : add(total, value));
  }
  return [...totals];
}
