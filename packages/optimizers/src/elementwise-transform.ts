/**
 * The common form of momentum, Adam and their family: each parameter keeps a few tensors of its own shape and a count of
 * its steps, and one elementwise op moves them on and gives the direction, in a single pass over memory.
 *
 * Invariant: a step makes new state tensors and writes none, so that a step that cannot be taken leaves the old ones.
 */

import { partsGradient } from "@kronograd/autograd";
import {
  detach,
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
import { aheadDirection, type Direction, type DirectionFactors } from "./direction.ts";
import { mapUpdates, type Transform } from "./transform.ts";

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
   * Where the only state tensor is linear in the gradient: that tensor of each parameter, moved on by a gradient that is
   * there as factors, without forming it.
   */
  accumulate?(from: readonly Tensor[], factors: DirectionFactors, scalars: Scalars): readonly Tensor[];
  /** Where the direction is not x, the first state tensor, but x + ahead · (x − the x before). */
  readonly ahead?: number;
  /** The op's scalars, and the new `numbers`, at step t of a parameter, counted from 1. */
  scalars(t: number, numbers: Readonly<Record<string, number>>): Scalars;
}

/** By parameter: its count of steps, the rule's numbers and tensors. */
export type ElementwiseState = { readonly [parameter: string]: ParameterState };

type ParameterState = { readonly steps: number; readonly [name: string]: number | Tensor };

/** Make a transform of a rule. */
export function elementwiseTransform(rule: ElementwiseRule): Transform<ElementwiseState> {
  const { name, op, tensors, numbers = {}, ahead: by } = rule;
  const slots = Object.keys(tensors);
  const last = op.expressions.length > slots.length ? slots.length : 0; // where the op gives the direction
  const fresh = (shape: Shape, { device, dtype }: Tensor): ParameterState => {
    const made = slots.map((slot) => [slot, full(shape, tensors[slot] as number, { device, dtype })] as const);
    return { steps: 0, ...numbers, ...Object.fromEntries(made) };
  };
  return {
    name,
    init: () => ({}),
    update(updates, state) {
      const next: Record<string, ParameterState> = { ...state };
      const move = ({ block, factors, parts }: Direction): Direction => {
        const accumulate = factors && rule.accumulate;
        const given = accumulate ? [] : parts();
        const like = factors?.g ?? (given[0] as Tensor);
        const states = block.parameters.map((parameter, i) => {
          const own = next[parameter] ?? fresh(block.shapes[i] as Shape, like);
          const kept = slots.map((slot) => tensorOf(name, parameter, own, slot));
          return { own, kept, scalars: rule.scalars(own.steps + 1, own as Readonly<Record<string, number>>) };
        });
        const before = states.map(({ kept }) => kept[0] as Tensor);
        const outputs = accumulate
          ? accumulate(before, factors, states[0]?.scalars as Scalars).map((t) => [t])
          : states.map(({ kept, scalars }, i) => dispatch(op, [given[i] as Tensor, ...kept], scalars));
        states.forEach(({ own, scalars }, i) => {
          const moved: Record<string, number | Tensor> & ParameterState = { ...own, steps: own.steps + 1 };
          for (const key in numbers) moved[key] = scalars[key] as number;
          for (const [k, slot] of slots.entries()) moved[slot] = outputs[i]?.[k] as Tensor;
          next[block.parameters[i] as string] = moved;
        });
        const x = outputs.map((made) => made[last] as Tensor);
        // an old state goes with the step, but for what a direction holds of it
        return by ? aheadDirection(block, { x, from: before.map(detach), by }) : partsGradient(block, x);
      };
      return { updates: mapUpdates(updates, move), state: next };
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
