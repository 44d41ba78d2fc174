/**
 * The training entry point: the value of a loss, a `Gradient` for each block, and a `LayerRecord` for each layer that a
 * curvature method asked about.
 *
 * One forward pass, one backward pass from the loss; label sources other than the true labels add one backward pass for
 * each label column, through the outputs' cotangents only (no weight gradient is formed there). Without a capture every
 * parameter is a block of its own and nothing else is kept.
 */

import { full, heldTensors, type Rng, scale, scope, type Tensor, UsageError, zeros } from "@kronograd/tensor";
import { type LayerBlock, type Parameters, planBlocks } from "./blocks.ts";
import { type CaptureRequest, capturesLayers, collectLayers, type LayerCall } from "./capture.ts";
import { assertScalar } from "./grad.ts";
import { type Block, factoredGradient, type Gradient, partsGradient } from "./gradient.ts";
import { type LayerRecord, layerRecord } from "./layer-record.ts";
import type { LabelSource, Loss } from "./loss.ts";
import { type Tape, withTape } from "./tape.ts";

/** What is differentiated: a closure, or a model's outputs with a loss, which knows label sources and scales. */
export type Objective =
  | (() => Tensor)
  | { readonly outputs: () => Tensor; readonly loss: Loss; readonly targets: Tensor };

/** What to keep of a step beside its gradients, and what that takes. */
export interface ValueAndGradOptions {
  /** What to keep for curvature (default: nothing). */
  readonly capture?: CaptureRequest;
  /** Of a plain closure whose output gradients are captured: what turns its gradient into per-example gradients (N for a mean over N). */
  readonly lossScale?: number;
  /** Draws labels for "sampled" and "randomSign". */
  readonly rng?: Rng;
  /** Told when a phase begins ("backward", "labels"), for a profile. */
  readonly mark?: (phase: string) => void;
}

/** What one forward and backward pass gave. */
export interface ValueAndGrad {
  /** [] the loss */
  readonly value: Tensor;
  /** The model's outputs, if the objective names them. */
  readonly outputs: Tensor | null;
  /** By block name: layers in the order of their first use, then single parameters. */
  readonly gradients: ReadonlyMap<string, Gradient>;
  readonly records: ReadonlyMap<string, LayerRecord>;
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
      const capture = capturesLayers(options.capture);
      const { result, calls } = collectLayers(capture, () => tape.run(() => evaluate(objective)));
      assertScalar("valueAndGrad", result.value);
      const plan = new Plan(tape, parameters, options, calls, result);
      options.mark?.("backward");
      const { savedTensors } = tape;
      const { gradients, records } = plan.backward(objective);
      const { value, outputs } = result;
      return {
        value,
        outputs,
        gradients,
        records,
        savedTensors,
        [heldTensors]: () => [value, outputs, gradients, records],
      };
    }),
  );
}

interface Evaluated {
  readonly value: Tensor;
  readonly outputs: Tensor | null;
}

function evaluate(objective: Objective): Evaluated {
  if (typeof objective === "function") return { value: objective(), outputs: null };
  const outputs = objective.outputs();
  return { value: objective.loss.value(outputs, objective.targets), outputs };
}

class Plan {
  readonly #tape: Tape;
  readonly #parameters: Parameters;
  readonly #options: ValueAndGradOptions;
  readonly #result: Evaluated;
  readonly #layers: readonly LayerBlock[];
  readonly #singles: readonly Block[];

  constructor(
    tape: Tape,
    parameters: Parameters,
    options: ValueAndGradOptions,
    calls: readonly LayerCall[],
    result: Evaluated,
  ) {
    this.#tape = tape;
    this.#parameters = parameters;
    this.#options = options;
    this.#result = result;
    const { layers, singles } = planBlocks(parameters, calls, options.capture ?? {}, tape);
    this.#layers = layers;
    this.#singles = singles;
  }

  backward(objective: Objective): { gradients: Map<string, Gradient>; records: Map<string, LayerRecord> } {
    const labels = this.#options.capture?.outputGrads;
    const factored = this.#layers.filter((layer) => layer.factored);
    const formed = new Set(Object.keys(this.#parameters));
    for (const { block } of factored) for (const name of block.parameters) formed.delete(name);
    const wantedParameters = Object.entries(this.#parameters).filter(([name]) => formed.has(name));
    const seen = labels === "empirical" ? this.#layers : factored;
    const outputs = seen.flatMap(({ calls }) => calls.map((call) => call.output));
    const { value } = this.#result;
    const one = full(value.shape, 1, { device: value.device, dtype: value.dtype });
    const cotangents = this.#tape.backward([[value, one]], [...wantedParameters.map(([, t]) => t), ...outputs]);

    const parts = new Map(
      wantedParameters.map(([name, t], i) => [
        name,
        cotangents[i] ?? zeros(t.shape, { device: t.device, dtype: t.dtype }),
      ]),
    );
    const lossScale = seen.length === 0 ? 1 : this.#lossScale(objective);
    const perExample = new Map<number, Tensor>(); // by output identity: backward value × lossScale
    outputs.forEach((output, i) => {
      const cotangent =
        cotangents[wantedParameters.length + i] ?? zeros(output.shape, { device: output.device, dtype: output.dtype });
      perExample.set(output.id, lossScale === 1 ? cotangent : scale(cotangent, lossScale));
    });
    return {
      gradients: this.#gradients(parts, perExample, lossScale),
      records: this.#records(labels, perExample, objective),
    };
  }

  #gradients(
    parts: ReadonlyMap<string, Tensor>,
    perExample: ReadonlyMap<number, Tensor>,
    lossScale: number,
  ): Map<string, Gradient> {
    const made = new Map<string, Gradient>();
    for (const { block, calls, factored } of this.#layers) {
      if (factored) {
        const { input, output } = calls[0] as LayerCall;
        const factors = {
          g: perExample.get(output.id) as Tensor,
          a: input,
          scale: 1 / lossScale,
          hasBias: block.hasBias,
        };
        made.set(block.name, factoredGradient(block, factors));
      } else
        made.set(
          block.name,
          partsGradient(
            block,
            block.parameters.map((name) => parts.get(name) as Tensor),
          ),
        );
    }
    for (const block of this.#singles) made.set(block.name, partsGradient(block, [parts.get(block.name) as Tensor]));
    return made;
  }

  #records(
    labels: LabelSource | undefined,
    perExample: ReadonlyMap<number, Tensor>,
    objective: Objective,
  ): Map<string, LayerRecord> {
    const records = new Map<string, LayerRecord>();
    const capture = this.#options.capture ?? {};
    if (capture.inputs !== true && labels === undefined) return records;
    const columns =
      labels === undefined ? [] : labels === "empirical" ? [perExample] : this.#labelColumns(labels, objective);
    for (const { block, calls } of this.#layers) {
      const { name, geometry } = calls[0] as LayerCall;
      const uses = calls.map(({ input, output }) => ({
        input,
        outputGrads: columns.map((column) => column.get(output.id) as Tensor),
      }));
      records.set(
        block.name,
        layerRecord({ name, geometry, hasBias: block.hasBias, labels: labels ?? "empirical", uses }),
      );
    }
    return records;
  }

  /** One partial backward pass for each label column: cotangents of the layers' outputs, weights left out. */
  #labelColumns(labels: Exclude<LabelSource, "empirical">, objective: Objective): Map<number, Tensor>[] {
    if (typeof objective === "function") {
      throw new UsageError({
        where: "valueAndGrad",
        problem: `a closure has only its true labels, so labels "${labels}" cannot be drawn`,
        help: 'Pass { outputs, loss, targets } with a Loss object, or use labels: "empirical".',
      });
    }
    const { rng } = this.#options;
    if (rng === undefined && labels !== "exact") {
      throw new UsageError({ where: "valueAndGrad", problem: `labels "${labels}" are random`, help: "Pass rng." });
    }
    const modelOutputs = this.#result.outputs as Tensor;
    const layerOutputs = this.#layers.flatMap(({ calls }) => calls.map((call) => call.output));
    this.#options.mark?.("labels");
    const result: Map<number, Tensor>[] = [];
    for (const column of objective.loss.labelColumns(labels, modelOutputs, objective.targets, rng as Rng)) {
      const cotangents = this.#tape.backward([[modelOutputs, column]], layerOutputs);
      result.push(
        new Map(
          layerOutputs.map((t, i) => [t.id, cotangents[i] ?? zeros(t.shape, { device: t.device, dtype: t.dtype })]),
        ),
      );
    }
    return result;
  }

  #lossScale(objective: Objective): number {
    if (typeof objective !== "function") return objective.loss.lossScale(this.#result.outputs as Tensor);
    if (this.#options.lossScale !== undefined) return this.#options.lossScale;
    throw new UsageError({
      where: "valueAndGrad",
      problem: "output gradients of a closure need lossScale, the factor to per-example gradients",
      help: "Pass lossScale: N for a mean over N examples, 1 for a sum; or pass { outputs, loss, targets }.",
    });
  }
}
