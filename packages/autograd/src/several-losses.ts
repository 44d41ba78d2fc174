/**
 * A step with several losses, L = Σ c_k L_k, each with rows of its own: heads for several tasks, a detector's proposals and
 * boxes.
 *
 * One forward pass. A layer's record is scaled by the rows of the loss that reaches it; where several do, it has the label
 * columns of each, and their examples must be the same. The curvature of the sum is Σ c_k H_k, so columns of drawn labels
 * are multiplied by √c_k; those of the true labels are gradients of c_k ℓ_k.
 */

import {
  add,
  broadcastTo,
  cast,
  div,
  full,
  greater,
  heldTensors,
  mul,
  ones,
  reshape,
  scale,
  scope,
  sqrt,
  type Tensor,
  UsageError,
  where,
  zeros,
} from "@kronograd/tensor";
import { collectLayers } from "./capture.ts";
import { assertScalar } from "./grad.ts";
import type { Gradient } from "./gradient.ts";
import { type LayerRecord, type LayerUse, layerRecord } from "./layer-record.ts";
import type { Loss, StepRows } from "./loss.ts";
import { type LayerBlock, type Parameters, planBlocks } from "./parameter-blocks.ts";
import { type Tape, withTape } from "./tape.ts";
import { type Cotangents, formedGradient, outputsOf, recordOf, type ValueAndGradOptions } from "./value-and-grad.ts";
import { weightedRows } from "./weighted-rows.ts";

/** One loss of several. */
export interface LossTerm {
  readonly loss: Loss;
  readonly targets: Tensor;
  /** c ≥ 0 in L = Σ c_k L_k; default 1. */
  readonly factor?: number;
  readonly weights?: Tensor | undefined;
  /** Of a part of a step's batch, in place of `weights`. */
  readonly rows?: StepRows | undefined;
}

/** Outputs of one forward pass, and a loss for each. */
export interface LossesObjective {
  readonly outputs: () => readonly Tensor[];
  readonly terms: readonly LossTerm[];
}

/** Result of a pass with several losses. */
export interface LossesAndGrad {
  /** [] Σ c_k L_k */
  readonly value: Tensor;
  /** [] each loss without its factor. */
  readonly values: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** By block name, dense. */
  readonly gradients: ReadonlyMap<string, Gradient>;
  readonly records: ReadonlyMap<string, LayerRecord>;
  [heldTensors](): unknown;
}

interface Term extends Required<Pick<LossTerm, "loss" | "targets" | "factor">> {
  readonly rows: StepRows;
  readonly outputs: Tensor;
  readonly value: Tensor;
}

/**
 * Value, gradients and layer records of a sum of losses.
 *
 * @throws {UsageError} there is not one output for each loss, a factor below 0; a layer whose losses have other examples, or
 *   weigh positions each in its own way
 * @cost as `valueAndGrad`, with a backward pass for each loss where records are asked for
 */
export function valueAndGradOfLosses(
  { outputs, terms }: LossesObjective,
  parameters: Parameters,
  options: ValueAndGradOptions = {},
): LossesAndGrad {
  return scope(() =>
    withTape(Object.values(parameters), (tape) => {
      const { capture = {} } = options;
      const { result: made, calls } = collectLayers(capture, () => tape.run(() => evaluate(outputs(), terms)));
      const { layers, singles } = planBlocks(parameters, calls, { ...capture, gradient: "dense" }, tape);
      const all = Object.values(parameters);
      const found = tape.backward([[made.value, full([], 1, made.value)]], all);
      const cotangents = new Map(all.map((t, i) => [t.id, found[i] ?? zeros(t.shape, t)]));
      const blocks = [...layers.map(({ block }) => block), ...singles];
      const gradients = new Map(blocks.map((block) => [block.name, formedGradient(block, parameters, cotangents)]));
      const records = new Map<string, LayerRecord>();
      if (capture.inputs === true || capture.outputGrads !== undefined) {
        const columns = made.terms.map((term) => columnsOf(tape, term, layers, options));
        for (const layer of layers) {
          const own = made.terms.flatMap((term, k) => {
            const mine = columns[k] as readonly Cotangents[];
            const reached = layer.calls.some(({ output }) => mine.some((column) => column.has(output.id)));
            return reached ? [recordOf(layer, withZeros(mine, layer), capture, term.rows, 1)] : [];
          });
          if (own.length > 0) records.set(layer.block.name, combine(own));
        }
      }
      const values = made.terms.map(({ value }) => value);
      const { value } = made;
      const results = made.terms.map((term) => term.outputs);
      return {
        value,
        values,
        outputs: results,
        gradients,
        records,
        [heldTensors]: () => [value, values, results, gradients, records],
      };
    }),
  );
}

function evaluate(outputs: readonly Tensor[], terms: readonly LossTerm[]): { value: Tensor; terms: readonly Term[] } {
  if (outputs.length !== terms.length || terms.length === 0) {
    throw new UsageError({
      where: "valueAndGradOfLosses",
      problem: "there must be one output for each loss",
      expected: terms.length,
      got: outputs.length,
    });
  }
  const made = terms.map(({ loss, targets, weights, factor = 1, rows = loss.rows(targets, weights) }, k): Term => {
    if (!(factor >= 0)) {
      throw new UsageError({ where: "valueAndGradOfLosses", problem: "a factor must be at least 0", got: factor });
    }
    const value = loss.value(outputs[k] as Tensor, targets, rows);
    assertScalar("valueAndGradOfLosses", value);
    return { loss, targets, factor, rows, outputs: outputs[k] as Tensor, value };
  });
  return { value: made.map(({ value, factor }) => scale(value, factor)).reduce(add), terms: made };
}

/** Cotangents of the layers' outputs for each label column of one loss, times its loss scale; only where a path leads. */
function columnsOf(
  tape: Tape,
  { loss, targets, factor, rows, outputs, value }: Term,
  layers: readonly LayerBlock[],
  { capture = {}, rng }: ValueAndGradOptions,
): Cotangents[] {
  const { outputGrads: labels } = capture;
  if (labels === undefined) return [];
  const wanted = outputsOf(layers);
  const back = (from: Tensor, seed: Tensor): Cotangents => {
    const found = tape.backward([[from, seed]], wanted);
    return new Map(wanted.flatMap(({ id }, i) => (found[i] ? [[id, found[i] as Tensor]] : [])));
  };
  if (labels === "empirical") {
    const n = rows.lossScale(loss);
    return [back(value, scale(typeof n === "number" ? full([], n, value) : cast(n, value.dtype), factor))];
  }
  const columns = rows.labelColumns({ loss, targets }, labels, outputs, rng);
  return Array.from(columns, (column) => back(outputs, scale(column, Math.sqrt(factor))));
}

const withZeros = (columns: readonly Cotangents[], { calls }: LayerBlock): Cotangents[] =>
  columns.map(
    (column) => new Map(calls.map(({ output }) => [output.id, column.get(output.id) ?? zeros(output.shape, output)])),
  );

/** The records that several losses make of one layer, as one. */
function combine(records: readonly LayerRecord[]): LayerRecord {
  const [first] = records as [LayerRecord];
  if (records.length === 1) return first;
  const shapes = records.map((record) => record.uses.map(({ input }) => input.shape.join(", ")).join(" and "));
  if (new Set(shapes).size > 1 || records.some(({ weights }) => weights?.ofLoss)) {
    throw new UsageError({
      where: first.name,
      problem: "the losses that it serves have other examples, or weigh its positions each in its own way",
      expected: "losses with the same axis of examples, and weights of examples alone",
      got: shapes,
      help: "Let the outputs of each loss begin with the axis of examples, as [N, …].",
    });
  }
  const isPlain = records.every(({ weights, total }) => weights === undefined && total === first.total);
  const columns = (k: number, grads: readonly (readonly LayerUse[])[]) =>
    grads.flatMap((uses) => uses[k]?.outputGrads ?? []);
  const joined = (grads: readonly (readonly LayerUse[])[]) =>
    first.uses.map((use, k) => ({ ...use, outputGrads: columns(k, grads) }));
  if (isPlain) return layerRecord({ ...first, uses: joined(records.map(({ uses }) => uses)) });
  // in units of the whole: ω is the mean of the losses' ω / N, of sum 1, and columns are divided by their own √N
  const like = first.uses[0]?.outputGrads[0] as Tensor;
  const shares = records.map(({ weights, total, examples }) => {
    const omega = weights?.examples ?? ones([examples], like);
    return typeof total === "number" ? scale(omega, 1 / total) : div(omega, total);
  });
  const omega = scale(shares.reduce(add), 1 / records.length);
  const scaled = records.map(({ uses, total, labels }, k) => {
    const share = shares[k] as Tensor;
    const n = typeof total === "number" ? full([], total, like) : total;
    const factor =
      labels === "empirical"
        ? div(sqrt(where(greater(share, 0), div(omega, share), 0)), n) // √(ω N) v as this loss has it, by the whole's √ω
        : broadcastTo(div(1, sqrt(n)), share.shape);
    const times = (grad: Tensor) => mul(grad, reshape(factor, [factor.size, ...grad.shape.slice(1).map(() => 1)]));
    return uses.map((use) => ({ ...use, outputGrads: use.outputGrads.map(times) }));
  });
  const positions = records.find(({ weights }) => weights?.positions)?.weights?.positions ?? null; // the model's own mask
  const weights = { examples: omega, ofStep: null, positions, count: null, ofLoss: false };
  return layerRecord({ ...first, uses: joined(scaled), total: 1, weights, read: weightedRows });
}
