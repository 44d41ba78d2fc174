/**
 * The common form of momentum, Adam and their family: each parameter keeps a few tensors of its own shape and a count of
 * its steps, and one elementwise op moves them on and gives the direction, in a single pass over memory.
 *
 * Invariant: a step makes new state tensors and writes none, so that a step that cannot be taken leaves the old ones.
 */

import { type Gradient, type GradientFactors, partsGradient } from "@kronograd/autograd";
import {
  dispatch,
  type ElementwiseOp,
  type Expression,
  full,
  type Scalars,
  type Shape,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { mapGradient, type Transform } from "./transform.ts";

/** An update rule: what is kept, how it moves, and the numbers that change with the step. */
export interface ElementwiseRule {
  readonly name: string;
  /**
   * (gradient, state…) → (new state…, direction). Without an output for the direction, the first state tensor is the
   * direction.
   */
  readonly op: ElementwiseOp;
  /** Initial value of each state tensor, in the op's order. */
  readonly tensors: Readonly<Record<string, number>>;
  /** Initial value of numbers that go from step to step. */
  readonly numbers?: Readonly<Record<string, number>>;
  /**
   * Where the direction is the first state tensor and linear in the gradient: that tensor of each parameter, moved on by a
   * gradient that is there as factors, without forming it.
   */
  accumulate?(from: readonly Tensor[], factors: GradientFactors, scalars: Scalars): readonly Tensor[];
  /** The op's scalars, and the new `numbers`, at step t of a parameter, counted from 1. */
  scalars(t: number, numbers: Readonly<Record<string, number>>): Scalars;
}

/** By parameter: its count of steps, the rule's numbers and tensors. */
export type ElementwiseState = { readonly [parameter: string]: ParameterState };

type ParameterState = { readonly steps: number; readonly [name: string]: number | Tensor };

/** Make a transform of a rule. */
export function elementwiseTransform(rule: ElementwiseRule): Transform<ElementwiseState> {
  const { name, op, tensors, numbers = {} } = rule;
  const slots = Object.keys(tensors);
  const hasDirection = op.expressions.length > slots.length;
  const fresh = (shape: Shape, { device, dtype }: Tensor): ParameterState => {
    const made = slots.map((slot) => [slot, full(shape, tensors[slot] as number, { device, dtype })] as const);
    return { steps: 0, ...numbers, ...Object.fromEntries(made) };
  };
  return {
    name,
    init: () => ({}),
    update(updates, state) {
      const next: Record<string, ParameterState> = { ...state };
      /** A parameter's state, and the scalars of its next step. */
      const stateOf = (parameter: string, shape: Shape, like: Tensor) => {
        const own = next[parameter] ?? fresh(shape, like);
        const kept = slots.map((slot) => tensorOf(name, parameter, own, slot));
        return { own, kept, scalars: rule.scalars(own.steps + 1, own as Readonly<Record<string, number>>) };
      };
      const move = (parameter: string, own: ParameterState, scalars: Scalars, moved: readonly Tensor[]) => {
        const carried = Object.keys(numbers).map((key) => [key, scalars[key] as number]);
        const made = slots.map((slot, i) => [slot, moved[i]]);
        next[parameter] = { ...own, steps: own.steps + 1, ...Object.fromEntries([...carried, ...made]) };
      };
      const onFactors = ({ block, factors }: Gradient, accumulate: NonNullable<ElementwiseRule["accumulate"]>) => {
        const { g } = factors as GradientFactors;
        const states = block.parameters.map((parameter, i) => stateOf(parameter, block.shapes[i] as Shape, g));
        const from = states.map(({ kept }) => kept[0] as Tensor);
        const moved = accumulate(from, factors as GradientFactors, states[0]?.scalars as Scalars);
        states.forEach(({ own, scalars }, i) => {
          move(block.parameters[i] as string, own, scalars, [moved[i] as Tensor]);
        });
        return partsGradient(block, moved);
      };
      const onPart = (part: Tensor, parameter: string): Tensor => {
        const { own, kept, scalars } = stateOf(parameter, part.shape, part);
        const outputs = dispatch(op, [part, ...kept], scalars);
        move(parameter, own, scalars, outputs);
        return (hasDirection ? outputs.at(-1) : outputs[0]) as Tensor;
      };
      const directions = new Map<string, Gradient>();
      for (const [name, gradient] of updates) {
        const accumulate = gradient.factors === undefined ? undefined : rule.accumulate;
        directions.set(name, accumulate ? onFactors(gradient, accumulate) : mapGradient(gradient, onPart));
      }
      return { updates: directions, state: next };
    },
  };
}

/** decay · mean + (1 − decay) · x, in scalars `NAME` and `NAMEGain`, which `runningScalars` gives. */
export function runningMean(name: string, mean: Expression, x: Expression): Expression {
  return e.add(e.mul(e.parameter(name), mean), e.mul(e.parameter(`${name}Gain`), x));
}

/** Scalars of a running mean; 1 − decay is taken here, in float64, so that no backend loses its digits. */
export function runningScalars(name: string, decay: number): Scalars {
  return { [name]: decay, [`${name}Gain`]: 1 - decay };
}

function tensorOf(name: string, parameter: string, state: ParameterState, slot: string): Tensor {
  const found = state[slot];
  if (typeof found === "object") return found;
  throw new UsageError({
    where: name,
    problem: `the state of "${parameter}" has no "${slot}"`,
    got: Object.keys(state),
    help: "It was saved by another optimizer.",
  });
}
