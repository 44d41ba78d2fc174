/**
 * The training entry point: the value of a loss, a `Gradient` for each block, and a `LayerRecord` for each layer that a
 * curvature method asked about.
 *
 * One forward pass, one backward pass from the loss; label sources other than the true labels add one backward pass for
 * each label column, through the outputs' cotangents only (no weight gradient is formed there). Without a capture every
 * parameter is a block of its own and nothing else is kept.
 */

import {
  cast,
  div,
  full,
  heldTensors,
  type Rng,
  scale,
  scope,
  slice,
  type Tensor,
  UsageError,
  zeros,
} from "@kronograd/tensor";
import { type CaptureRequest, collectLayers, type LayerCall, type LayerView } from "./capture.ts";
import { assertScalar } from "./grad.ts";
import { type Block, factoredGradient, type Gradient, partsGradient } from "./gradient.ts";
import { type LabelSource, type LayerRecord, layerRecord } from "./layer-record.ts";
import type { Loss, StepRows } from "./loss.ts";
import { type LayerBlock, type Parameters, planBlocks } from "./parameter-blocks.ts";
import { summedOutput } from "./reductions.ts";
import { type Tape, withTape } from "./tape.ts";

/** Subject of differentiation: a closure, or a model's outputs with a loss, which knows label sources and scales. */
export type Objective = (() => Tensor) | LossObjective;

/** A model's outputs with a loss. */
export interface LossObjective {
  readonly outputs: () => Tensor;
  readonly loss: Loss;
  readonly targets: Tensor;
  /** Weights of the loss's rows, [N] or more axes of the targets; 0: the row is not there. */
  readonly weights?: Tensor | undefined;
  /** Of a part of a step's batch: its cut of the whole step's rows, in place of `weights`. */
  readonly rows?: StepRows | undefined;
}

/** Options of `valueAndGrad`: what to keep besides gradients. */
export interface ValueAndGradOptions {
  /** Records to keep for curvature (default: none). */
  readonly capture?: CaptureRequest;
  /** Of a plain closure whose output gradients are captured: what turns its gradient into per-example gradients (N for a mean over N). */
  readonly lossScale?: number;
  /** Draws labels for "sampled" and "randomSign". */
  readonly rng?: Rng;
  /** Told when a phase begins ("backward", "labels"), for a profile. */
  readonly mark?: (phase: string) => void;
}

/** Result of one forward and backward pass. */
export interface ValueAndGrad {
  /** [] the loss */
  readonly value: Tensor;
  /** The model's outputs, if the objective names them. */
  readonly outputs: Tensor | null;
  /** By block name: layers in the order of their first use, then single parameters. */
  readonly gradients: ReadonlyMap<string, Gradient>;
  readonly records: ReadonlyMap<string, LayerRecord>;
  /** Gradients under labels drawn from the model, scaled as `gradients`, where the capture asks for them. */
  readonly labelGradients?: ReadonlyMap<string, Gradient>;
  /** Tensors that the tape kept for the way back: what this step cost in memory. */
  readonly savedTensors: number;
  [heldTensors](): unknown;
}

/**
 * Value, gradients and layer records of an objective.
 *
 * @throws {ShapeError} the loss is not a scalar
 * @throws {UsageError} a capture of output gradients from a closure without `lossScale`, or of other labels than the true ones
 * @cost one forward and one backward pass, plus one partial backward pass for each label column
 */
export function valueAndGrad(
  objective: Objective,
  parameters: Parameters,
  options: ValueAndGradOptions = {},
): ValueAndGrad {
  return scope(() =>
    withTape(Object.values(parameters), (tape) => {
      const { capture = {}, mark } = options;
      const { result, calls } = collectLayers(capture, () => tape.run(() => evaluate(objective)));
      const { value, outputs, rows } = result;
      assertScalar("valueAndGrad", value);
      const { savedTensors } = tape;
      mark?.("backward");
      const { layers, singles } = planBlocks(parameters, calls, capture, tape);
      const seen = layers.filter(({ factored }) => factored || capture.outputGrads === "empirical");
      const factored = new Set(layers.flatMap((layer) => (layer.factored ? layer.block.parameters : [])));
      const formed = Object.entries(parameters).flatMap(([name, t]) => (factored.has(name) ? [] : [t]));
      const backward = backwardOn(tape, capture.positions === false ? layers : [], rows);
      const cotangents = backward(value, full(value.shape, 1, value), [...formed, ...outputsOf(seen)]);
      const factor = seen.length === 0 ? 1 : lossScaleOf(objective, rows, options);
      const known = typeof factor === "number" ? factor : 1;
      if (known !== 1) {
        for (const { id } of outputsOf(seen)) cotangents.set(id, scale(cotangents.get(id) as Tensor, known));
      }
      const gradients = new Map<string, Gradient>();
      for (const layer of layers) gradients.set(layer.block.name, layerGradient(layer, parameters, cotangents, known));
      for (const block of singles) gradients.set(block.name, formedGradient(block, parameters, cotangents));
      const records = new Map<string, LayerRecord>();
      if (capture.inputs === true || capture.outputGrads !== undefined) {
        const columns = labelColumns(backward, objective, result, layers, cotangents, options);
        for (const layer of layers) records.set(layer.block.name, recordOf(layer, columns, capture, rows, factor));
      }
      const blocks = [...layers.map(({ block }) => block), ...singles];
      const labelGradients = labelGradientsOf(backward, objective, result, parameters, blocks, options);
      return {
        value,
        outputs,
        gradients,
        records,
        ...(labelGradients && { labelGradients }),
        savedTensors,
        [heldTensors]: () => [value, outputs, gradients, records, labelGradients],
      };
    }),
  );
}

interface Evaluated {
  readonly value: Tensor;
  readonly outputs: Tensor | null;
  readonly rows: StepRows | null;
}

function evaluate(objective: Objective): Evaluated {
  if (typeof objective === "function") return { value: objective(), outputs: null, rows: null };
  const { loss, targets, weights } = objective;
  const { rows = loss.rows(targets, weights) } = objective;
  const outputs = objective.outputs();
  return { value: loss.value(outputs, targets, rows), outputs, rows };
}

/** By identity of the tensor: of parameters plain, of layers' outputs per example (backward value × lossScale). */
export type Cotangents = Map<number, Tensor>;

/** Cotangents of what is wanted, from the one of a result. */
type Backward = (from: Tensor, seed: Tensor, wanted: readonly Tensor[]) => Cotangents;

/**
 * Go backward on a tape; zeros where no path leads. Output gradients of the layers given are summed over positions, except
 * those of views, which read all of theirs, and those whose positions are rows of the loss.
 */
function backwardOn(tape: Tape, summed: readonly LayerBlock[], rows: StepRows | null): Backward {
  const geometries = new Map(
    summed.flatMap(({ calls }) =>
      calls.map(({ output, geometry, view }) => {
        const byExample = rows === null || output.shape[0] === rows.shape[0];
        return [output.id, !view && byExample && geometry];
      }),
    ),
  );
  const finish = (id: number, cotangent: Tensor) => {
    const geometry = geometries.get(id);
    return geometry ? summedOutput(cotangent, geometry) : cotangent;
  };
  return (from, seed, wanted) => {
    const found = tape.backward([[from, seed]], wanted, finish);
    return new Map(wanted.map((t, i) => [t.id, finish(t.id, found[i] ?? zeros(t.shape, t))]));
  };
}

/** Outputs of all uses of some layers. */
export const outputsOf = (layers: readonly LayerBlock[]): Tensor[] =>
  layers.flatMap(({ calls }) => calls.map((call) => call.output));

/** The gradient of a block from the cotangents of its parameters. */
export function formedGradient(block: Block, parameters: Parameters, cotangents: Cotangents): Gradient {
  const parts = block.parameters.map((name) => cotangents.get((parameters[name] as Tensor).id) as Tensor);
  return partsGradient(block, parts);
}

function layerGradient(
  { block, calls, factored }: LayerBlock,
  parameters: Parameters,
  cotangents: Cotangents,
  lossScale: number,
): Gradient {
  if (!factored) return formedGradient(block, parameters, cotangents);
  const { input: a, output } = calls[0] as LayerCall;
  const g = cotangents.get(output.id) as Tensor;
  return factoredGradient(block, { g, a, scale: 1 / lossScale, hasBias: block.hasBias });
}

/** The record of one layer from the cotangents of its outputs, one map for each label column. */
export function recordOf(
  { block, calls }: LayerBlock,
  columns: readonly Cotangents[],
  capture: CaptureRequest,
  rows: StepRows | null,
  factor: number | Tensor,
): LayerRecord {
  const { name, geometry } = calls[0] as LayerCall;
  const read = calls.find(({ view }) => view?.read)?.view?.read;
  const uses = calls.map(({ output, weight, ...call }) => {
    const use = { ...call, outputGrads: columns.map((column) => column.get(output.id) as Tensor) };
    const { input, outputGrads } = rows?.match(use, capture.outputGrads === "empirical" ? factor : 1) ?? use;
    const seen = call.view
      ? scope(() => (call.view as LayerView).use(input, outputGrads, weight))
      : { input, outputGrads };
    if (block.isVector !== true) return seen;
    return { ...seen, outputGrads: seen.outputGrads.map((g) => slice(g, [null, [0, block.shape[0] as number]])) }; // a shift may be frozen
  });
  const labels = capture.outputGrads ?? "empirical";
  const { hasBias } = block;
  return layerRecord({ name, geometry, hasBias, labels, uses, read, ...rows?.weigh(calls, uses) });
}

/** Cotangents of the layers' outputs: of the true labels, or by one partial backward pass for each label column. */
function labelColumns(
  backward: Backward,
  objective: Objective,
  { outputs, rows }: Evaluated,
  layers: readonly LayerBlock[],
  empirical: Cotangents,
  { capture = {}, rng, mark }: ValueAndGradOptions,
): Cotangents[] {
  const { outputGrads: labels } = capture;
  if (labels === undefined) return [];
  if (labels === "empirical") return [empirical];
  const drawn = labelled(objective, labels);
  mark?.("labels");
  const columns = (rows as StepRows).labelColumns(drawn, labels, outputs as Tensor, rng);
  return Array.from(columns, (column) => backward(outputs as Tensor, column, outputsOf(layers)));
}

/** @throws {UsageError} a closure has only its true labels */
function labelled(objective: Objective, labels: LabelSource): LossObjective {
  if (typeof objective !== "function") return objective;
  throw new UsageError({
    where: "valueAndGrad",
    problem: `a closure has only its true labels, so labels "${labels}" cannot be drawn`,
    help: 'Pass { outputs, loss, targets } with a Loss object, or use labels: "empirical".',
  });
}

/** The gradient of the loss under labels that are drawn once for the whole batch, apart from those of the records. */
function labelGradientsOf(
  backward: Backward,
  objective: Objective,
  { outputs, rows }: Evaluated,
  parameters: Parameters,
  blocks: readonly Block[],
  { capture = {}, rng }: ValueAndGradOptions,
): ReadonlyMap<string, Gradient> | undefined {
  const { labelGradient: labels } = capture;
  if (labels === undefined) return undefined;
  const { loss, targets } = labelled(objective, labels) as LossObjective;
  const own = rng?.fork("label gradient");
  const [column] = [...(rows as StepRows).labelColumns({ loss, targets }, labels, outputs as Tensor, own)];
  const cotangents = backward(outputs as Tensor, column as Tensor, Object.values(parameters));
  const factor = (rows as StepRows).lossScale(loss);
  for (const [id, t] of cotangents) {
    cotangents.set(id, typeof factor === "number" ? scale(t, 1 / factor) : div(t, cast(factor, t.dtype)));
  }
  return new Map(blocks.map((block) => [block.name, formedGradient(block, parameters, cotangents)]));
}

function lossScaleOf(objective: Objective, rows: StepRows | null, options: ValueAndGradOptions): number | Tensor {
  if (typeof objective !== "function") return (rows as StepRows).lossScale(objective.loss);
  if (options.lossScale !== undefined) return options.lossScale;
  throw new UsageError({
    where: "valueAndGrad",
    problem: "output gradients of a closure need lossScale, the factor to per-example gradients",
    help: "Pass lossScale: N for a mean over N examples, 1 for a sum; or pass { outputs, loss, targets }.",
  });
}
