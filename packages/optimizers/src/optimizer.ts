/**
 * An optimizer: a chain of transforms, a learning rate, and the state between steps.
 *
 * `update` turns gradients into directions and moves the state on; `apply` writes w ← w − learningRate · direction in place,
 * in one pass over each parameter. Arguments are never consumed.
 */

import type { LayerRecord, Parameters } from "@kronograd/autograd";
import { dispatchInto, elementwise, Rng, scope, type Tensor } from "@kronograd/tensor";
import type { Needs } from "./chain.ts";
import { at, type Schedule } from "./schedule.ts";
import { disposeState, replaceState, type StateTree } from "./state.ts";
import type { Oracles, StepContext, Transform, Updates } from "./transform.ts";

/** w ← w − rate · direction */
const stepOp = elementwise("optimizerStep", (e, w, direction) => e.sub(w, e.mul(e.parameter("rate"), direction)), {
  parameters: { rate: 0.1 },
});

export interface OptimizerOptions {
  readonly name: string;
  readonly learningRate: Schedule;
  readonly chain: Transform;
  /** Factor on the learning rate for a parameter, by name (default 1): per-group rates. */
  readonly rateOf?: (parameter: string) => number;
  /** Every option as given, for run.json. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface UpdateOptions {
  readonly parameters: Parameters;
  readonly step: number;
  readonly records?: ReadonlyMap<string, LayerRecord>;
  readonly oracles?: Oracles;
  readonly rng?: Rng;
  readonly report?: (name: string, value: number | Tensor) => void;
  readonly mark?: (phase: string) => void;
}

export class Optimizer implements Disposable {
  readonly name: string;
  readonly learningRate: Schedule;
  readonly config: Readonly<Record<string, unknown>>;
  readonly #chain: Transform;
  readonly #rateOf: (parameter: string) => number;
  #state: StateTree | undefined;

  constructor(options: OptimizerOptions) {
    this.name = options.name;
    this.learningRate = options.learningRate;
    this.config = options.config ?? {};
    this.#chain = options.chain;
    this.#rateOf = options.rateOf ?? (() => 1);
  }

  /** The learning rate of a step (from 0). */
  learningRateAt(step: number): number {
    return at(this.learningRate, step);
  }

  /** What the step wants captured: pass it to `valueAndGrad`. */
  needs(step: number): Needs {
    return this.#chain.needs?.(step) ?? {};
  }

  /**
   * Directions for the gradients of a step; the state moves on.
   *
   * @returns by block name; subtract them, times the learning rate, with `apply`
   */
  update(gradients: Updates, options: UpdateOptions): Updates {
    const { step, parameters, records = new Map(), oracles = {}, rng = new Rng(0).fork(step), report = () => {}, mark = () => {} } = options;
    const context: StepContext = { step, parameters, gradients, records, oracles, rng, report, mark, learningRate: at(this.learningRate, step) };
    return scope(() => {
      const state = this.#state ?? this.#chain.init(gradients, context);
      const result = this.#chain.update(gradients, state, context);
      this.#state = replaceState(this.#state, result.state);
      return result.updates;
    });
  }

  /** Write w ← w − learningRate · direction into the parameters. */
  apply(parameters: Parameters, directions: Updates, step: number): void {
    const learningRate = at(this.learningRate, step);
    scope(() => {
      for (const { block, parts } of [...directions.values()].map((d) => ({ block: d.block, parts: d.parts() }))) {
        block.parameters.forEach((name, i) => {
          const target = parameters[name] as Tensor;
          dispatchInto(stepOp, [target], [target, parts[i] as Tensor], { rate: learningRate * this.#rateOf(name) });
        });
      }
    });
  }

  /** One row of the printed plan for a block, or null. */
  plan(block: { name: string; shape: readonly number[]; isLayer: boolean }, batch: number): Readonly<Record<string, string | number>> | null {
    return this.#chain.plan?.(block, batch) ?? null;
  }

  /** The state, to be written to a checkpoint; null before the first step. Its tensors stay the optimizer's own. */
  get state(): StateTree {
    return this.#state ?? null;
  }

  /** Take over a state that was read from a checkpoint. */
  load(state: StateTree): void {
    this[Symbol.dispose]();
    this.#state = state === null ? undefined : replaceState(undefined, state);
  }

  [Symbol.dispose](): void {
    disposeState(this.#state);
    this.#state = undefined;
  }
}
