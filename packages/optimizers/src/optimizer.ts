/**
 * An optimizer: a chain of transforms, a learning rate, and the state between steps.
 *
 * `update` turns gradients into directions and moves the state on; `apply` writes w ← w − learningRate · direction in place,
 * in one pass over each parameter. Arguments are never consumed.
 */

import type { LayerRecord, Parameters } from "@kronograd/autograd";
import {
  dispatchInto,
  type ElementwiseOp,
  elementwise,
  Rng,
  scope,
  type Tensor,
  UsageError,
  weightedSumOp,
} from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import type { Roles } from "./block-info.ts";
import type { Direction } from "./direction.ts";
import type { Exchange } from "./driver/merge.ts";
import type { RowsOfStep } from "./driver/some-examples.ts";
import type { Oracles } from "./oracles.ts";
import { at, type Schedule } from "./schedules/schedule.ts";
import { disposeState, replaceState, type StateTree } from "./state/state.ts";
import { type Needs, parameterNamed, type StepContext, type Transform, type Updates } from "./transform.ts";

/** a w + b x + c y: `weightedSum` of three, for directions that look ahead. */
const stepAheadOp = /* @__PURE__ */ elementwise("stepAhead", (w, x, y) =>
  e.add(e.mul(e.parameter("a"), w), e.add(e.mul(e.parameter("b"), x), e.mul(e.parameter("c"), y))),
);

/** Parts of an optimizer. */
export interface OptimizerOptions {
  readonly name: string;
  /** Wanted unless the chain sets the length of its own step; then the rate is 1. */
  readonly learningRate?: Schedule;
  readonly chain: Transform;
  /** Factor on the learning rate for a parameter, by name (default 1): per-group rates. */
  readonly rateOf?: (parameter: string) => number;
  /** The rate of a parameter on a step, in place of learning rate times factor: a router's. */
  readonly rateAt?: (parameter: string, step: number) => number;
  /** Every option as given, for run.json. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Inputs of a step besides its gradients. */
export interface UpdateOptions {
  readonly parameters: Parameters;
  /** From 0. */
  readonly step: number;
  /** By block: its record, or one for each part of the batch, in order. */
  readonly records?: ReadonlyMap<string, LayerRecord | readonly LayerRecord[]>;
  /** Gradients under other labels, where `needs(step).labelGradient` asks for them. */
  readonly labelGradients?: Updates;
  /** Where this process's examples stand in the batch of all workers. */
  readonly rows?: RowsOfStep;
  /** Puts the statistics of several workers together. */
  readonly exchange?: Exchange;
  /** Role of each parameter in its model. */
  readonly roles?: Roles;
  readonly oracles?: Oracles;
  readonly rng?: Rng;
  /** Gets the numbers of the step; tensors among them belong to the caller's scope, as the directions do. */
  readonly report?: (name: string, value: number | Tensor) => void;
  readonly mark?: (phase: string) => void;
  /**
   * Gets what the step depends on where the device is asynchronous: it holds only if these are finite. What it returns, a
   * count of those that are not, lives as long as the directions.
   */
  readonly guard?: (what: string, values: readonly Tensor[]) => Tensor;
}

/** How parameters are written where the host does not know yet whether the step holds. */
export interface Gate {
  /** (w, direction, flag) → new w, with the parameter "rate" */
  readonly op: ElementwiseOp;
  /** [] */
  readonly flag: Tensor;
}

/** How a direction is written into its parameters: an op of (w, part, others) with the scalars of `apply`. */
interface Write {
  readonly op: ElementwiseOp;
  readonly parts: readonly Tensor[];
  others(part: number): readonly Tensor[];
  readonly by: number;
}

/** By a gate's own op; in one pass from two points of a line, where the direction looks ahead; or from its parts. */
function writeOf(direction: Direction, gate: Gate | undefined): Write {
  const { ahead } = direction;
  if (gate !== undefined) return { op: gate.op, parts: direction.parts(), others: () => [gate.flag], by: 0 };
  if (ahead === undefined) return { op: weightedSumOp, parts: direction.parts(), others: () => [], by: 0 };
  return { op: stepAheadOp, parts: ahead.x, others: (i) => [ahead.from[i] as Tensor], by: ahead.by };
}

/** Turns gradients into changes of parameters, step after step. Dispose of it to free its state. */
export class Optimizer implements Disposable {
  readonly name: string;
  readonly learningRate: Schedule;
  readonly config: Readonly<Record<string, unknown>>;
  readonly chain: Transform;
  /** Factor on the learning rate for a parameter, by name. */
  readonly rateOf: (parameter: string) => number;
  /** As given: `new Optimizer(optimizer.options)` is the same optimizer before its first step. */
  readonly options: OptimizerOptions;
  /**
   * The state that `update` advances, to be written to a checkpoint; null before the first step. Its tensors are the optimizer's own:
   * `loadState` and `holdState` put others in their place.
   */
  state: StateTree = null;

  constructor(options: OptimizerOptions) {
    this.name = options.name;
    this.learningRate = rateOf(options);
    this.config = options.config ?? {};
    this.chain = options.chain;
    this.rateOf = options.rateOf ?? (() => 1);
    this.options = options;
  }

  /** The learning rate of a step (from 0). */
  learningRateAt(step: number): number {
    return at(this.learningRate, step, "learning rate");
  }

  /** The rate of a parameter on a step. */
  rateAt(parameter: string, step: number): number {
    return this.options.rateAt?.(parameter, step) ?? this.learningRateAt(step) * this.rateOf(parameter);
  }

  /** Captures of the step: pass it to `valueAndGrad`. */
  needs(step: number): Needs {
    return this.chain.needs?.(step) ?? {};
  }

  /**
   * Directions for the gradients of a step; the state moves on.
   *
   * @returns by block name; subtract them, times the learning rate, with `apply`. They may be tensors of the state, so
   *   they are good until the next `update`.
   */
  update(gradients: Updates, options: UpdateOptions): Updates {
    const { step, records = new Map(), oracles = {}, rng = new Rng(0).fork(step) } = options;
    const reported: (number | Tensor)[] = []; // leaves the scope with the directions
    const context: StepContext = {
      ...options,
      gradients,
      records: inParts(records),
      oracles,
      rng,
      learningRate: this.learningRateAt(step),
      rateOf: this.rateOf,
      report(name, value) {
        reported.push(value);
        options.report?.(name, value);
      },
      guard(what, values) {
        const count = options.guard?.(what, values);
        if (count !== undefined) reported.push(count);
      },
      mark: (phase) => options.mark?.(phase),
    };
    return scope(() => {
      const state = this.state ?? this.chain.init(gradients, context);
      const result = this.chain.update(gradients, state, context);
      this.state = replaceState(this.state, result.state);
      return { updates: result.updates, reported };
    }).updates;
  }

  /**
   * Write w ← w − learningRate · direction into the parameters.
   *
   * @param gate  writes in its own way, by a flag that is still on the device
   * @throws {UsageError} a direction for a parameter that is not there
   */
  apply(parameters: Parameters, directions: Updates, step: number, gate?: Gate): void {
    for (const direction of directions.values()) {
      scope(() => {
        const { op, parts, others, by } = writeOf(direction, gate);
        parts.forEach((part, i) => {
          const name = direction.block.parameters[i] as string;
          const target = parameterNamed(parameters, name);
          const rate = this.rateAt(name, step);
          const c = rate * by;
          dispatchInto(op, [target], [target, part, ...others(i)], { rate, a: 1, b: -rate - c, c });
        });
      });
    }
  }

  /**
   * Weights to evaluate and save in place of those that training goes on from (averages); the parameters themselves where the
   * chain keeps no others. New tensors belong to the caller's scope.
   */
  evaluationWeights(parameters: Parameters): Parameters {
    if (this.state === null) return parameters;
    return this.chain.evaluationWeights?.(parameters, this.state) ?? parameters;
  }

  [Symbol.dispose](): void {
    disposeState(this.state);
    this.state = null;
  }
}

function inParts(records: NonNullable<UpdateOptions["records"]>): StepContext["records"] {
  return new Map([...records].map(([name, parts]) => [name, [parts].flat() as LayerRecord[]]));
}

function rateOf({ name: where, learningRate, chain: { ownStep } }: OptimizerOptions): Schedule {
  if (ownStep && (learningRate ?? 1) === 1) return 1;
  if (!ownStep && learningRate !== undefined) return learningRate;
  const problem = ownStep ? "its direction is the step, which takes no learning rate" : "learningRate is missing";
  throw new UsageError({ where, problem, got: learningRate });
}
