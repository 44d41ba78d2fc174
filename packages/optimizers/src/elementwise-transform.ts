/**
 * The common form of momentum, Adam and their family: each parameter keeps a few tensors of its own shape and a count of
 * its steps, and one elementwise op moves them on and gives the direction, in a single pass over memory.
 *
 * Invariant: the state tensors belong to the optimizer and are written in place; gradients are only read.
 */

import { type Gradient, type GradientFactors, partsGradient } from "@kronograd/autograd";
import {
  dispatchInto,
  type ElementwiseOp,
  type Expression,
  empty,
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
   * Where the direction is the first state tensor and linear in the gradient: move that tensor of each parameter on by a
   * gradient that is there as factors, in place, without forming it.
   */
  accumulate?(targets: readonly Tensor[], factors: GradientFactors, scalars: Scalars): void;
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
      /** Count a parameter's step; its state tensors, and the scalars of the step. */
      const advance = (parameter: string, shape: Shape, like: Tensor) => {
        const own = next[parameter] ?? fresh(shape, like);
        const steps = own.steps + 1;
        const scalars = rule.scalars(steps, own as Readonly<Record<string, number>>);
        const carried = Object.keys(numbers).map((key) => [key, scalars[key] as number] as const);
        next[parameter] = { ...own, steps, ...Object.fromEntries(carried) };
        return { kept: slots.map((slot) => tensorOf(name, parameter, own, slot)), scalars };
      };
      const onFactors = ({ block, factors }: Gradient): Gradient => {
        const moved = block.parameters.map((parameter, i) =>
          advance(parameter, block.shapes[i] as Shape, (factors as GradientFactors).g),
        );
        const targets = moved.map(({ kept }) => kept[0] as Tensor);
        rule.accumulate?.(targets, factors as GradientFactors, moved[0]?.scalars as Scalars);
        return partsGradient(block, targets);
      };
      const onPart = (part: Tensor, parameter: string): Tensor => {
        const { kept, scalars } = advance(parameter, part.shape, part);
        const outputs = hasDirection ? [...kept, empty(part.device, part.shape, part.dtype)] : kept;
        dispatchInto(op, outputs, [part, ...kept], scalars);
        return (hasDirection ? outputs.at(-1) : kept[0]) as Tensor;
      };
      const directions = new Map<string, Gradient>();
      for (const [name, gradient] of updates) {
        const isProduct = rule.accumulate !== undefined && gradient.factors !== undefined;
        directions.set(name, isProduct ? onFactors(gradient) : mapGradient(gradient, onPart));
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
