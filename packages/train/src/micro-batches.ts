/**
 * Gradient accumulation: a batch seen a few rows at a time, as if it had been seen at once.
 *
 * Gradients are summed by `accumulate`; layer records are joined row by row, so that curvature statistics are those of the
 * whole batch too (on steps that gather statistics, inputs and output gradients of all rows are held). Batch norm is the
 * exception by its nature: it normalizes each part by itself, and its running statistics move by the mean over the parts.
 */

import {
  type CaptureRequest,
  type Gradient,
  joinRecords,
  type LayerRecord,
  type Loss,
  type Parameters,
  valueAndGrad,
} from "@kronograd/autograd";
import type { Batch } from "@kronograd/data";
import type { Layer } from "@kronograd/layers";
import { accumulate } from "@kronograd/optimizers";
import { add, adopt, type Rng, retain, scale, scope, type Tensor, type Tree } from "@kronograd/tensor";
import { examplesOf, sliceBatch, soleTensor } from "./batch-rows.ts";

/** What one look at a batch gives. */
export interface Seen {
  /** [] the loss */
  readonly value: Tensor;
  readonly gradients: ReadonlyMap<string, Gradient>;
  readonly records: ReadonlyMap<string, LayerRecord>;
  /** Buffers and the values that layers want them to take. */
  readonly commits: readonly (readonly [buffer: Tensor, value: Tensor])[];
}

/** What a look at a batch needs. */
export interface Look {
  readonly model: Layer<Tree>;
  readonly parameters: Parameters;
  readonly loss: Loss;
  readonly batch: Batch;
  readonly capture: CaptureRequest;
  /** The step's own stream. */
  readonly rng: Rng;
  readonly mark?: (phase: string) => void;
}

/** Forward and backward pass over a batch at once. */
export function lookAt({ model, parameters, loss, batch, capture, rng, mark }: Look): Seen {
  const { inputs, targets } = batch;
  const commits: [Tensor, Tensor][] = [];
  const mode = {
    training: true,
    rng: rng.fork("layers"),
    commit: (buffer: Tensor, value: Tensor) => commits.push([buffer, retain(value)]), // past the scope of the pass
  };
  const { value, gradients, records } = valueAndGrad(
    { outputs: () => model.forward(inputs, mode), loss, targets: soleTensor("targets", targets) },
    parameters,
    { capture, rng: rng.fork("labels"), ...(mark === undefined ? {} : { mark }) },
  );
  for (const [, next] of commits) adopt(next);
  return { value, gradients, records, commits };
}

/** The same, `rows` rows at a time. */
export function lookInParts(look: Look, rows: number): Seen {
  const { batch, loss, rng, mark } = look;
  const count = examplesOf(batch);
  if (rows >= count) return lookAt(look);
  const parts: Seen[] = []; // value and gradients are sums so far
  for (let start = 0; start < count; start += rows) {
    const end = Math.min(count, start + rows);
    const weight = loss.reduction === "mean" ? (end - start) / count : 1;
    const before = parts.at(-1);
    const part = scope((): Seen => {
      mark?.("forward");
      const own = sliceBatch(batch, start, end);
      const { value, gradients, records, commits } = lookAt({ ...look, batch: own, rng: rng.fork(`rows ${start}`) });
      const weighted = scale(value, weight);
      return {
        value: before === undefined ? weighted : add(before.value, weighted),
        gradients: accumulate(before?.gradients ?? null, gradients, weight),
        records,
        commits: commits.map(([buffer, next]) => [buffer, scale(next, (end - start) / count)]),
      };
    });
    parts.push(part);
  }
  const { value, gradients } = parts.at(-1) as Seen;
  return {
    value,
    gradients,
    records: joinByLayer(parts.map((part) => part.records)),
    commits: sumCommits(parts.flatMap((part) => part.commits)),
  };
}

/** One record for each layer, with the rows of all parts. */
function joinByLayer(parts: readonly Seen["records"][]): Seen["records"] {
  const [first] = parts as [Seen["records"]];
  const joined = [...first.keys()].map((name): [string, LayerRecord] => [
    name,
    joinRecords(parts.map((part) => part.get(name) as LayerRecord)),
  ]);
  return new Map(joined);
}

function sumCommits(commits: Seen["commits"]): Seen["commits"] {
  const totals = new Map<Tensor, Tensor>();
  for (const [buffer, value] of commits) {
    const total = totals.get(buffer);
    totals.set(buffer, total === undefined ? value : add(total, value));
  }
  return [...totals];
}
