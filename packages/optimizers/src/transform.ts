/**
 * An optimizer is a chain of transforms: each takes the updates so far (at first the gradients) and gives them on, changed.
 *
 * Updates are `Direction`s by block: dense, in parts, as factors, or looking ahead; a transform that works on factors never forms the
 * product, and one that works elementwise asks for `parts()`. The learning rate and the subtraction stand outside the chain.
 *
 * Updates are read, never written: they may be the caller's gradients. A direction may be a tensor of a transform's own
 * state, so directions are good until the next `update`.
 */

import { type CaptureRequest, type LayerRecord, type Parameters, partsGradient } from "@kronograd/autograd";
import { add, type Rng, type Shape, type Tensor, UsageError } from "@kronograd/tensor";
import type { BlockInfo, BlockPlan, BlockRole, CurvatureView, Roles } from "./block-info.ts";
import { type Direction, squaredNorm } from "./direction.ts";
import type { Exchange } from "./driver/merge.ts";
import type { RowsOfStep } from "./driver/some-examples.ts";
import type { OracleName, Oracles } from "./oracles.ts";
import type { StateTree } from "./state/state.ts";
import type { Updates } from "./updates.ts";

export type { Updates } from "./updates.ts";

/** Captures and oracles of a step. */
export type Needs = CaptureRequest & { readonly oracles?: readonly OracleName[] };

/** A step, as every transform is told of it. */
export interface StepContext {
  /** From 0. */
  readonly step: number;
  readonly learningRate: number;
  /** Factor on the learning rate for a parameter: per-group rates. */
  rateOf(parameter: string): number;
  /** λ, where a transform around the chain decides on it (adaptiveDamping). */
  readonly damping?: number;
  readonly parameters: Parameters;
  /** The gradients that entered the chain. */
  readonly gradients: Updates;
  /** Gradients under other labels, by block, where a link asks for them. */
  readonly labelGradients?: Updates;
  /** By block, one record for each part of the batch, in order. */
  readonly records: ReadonlyMap<string, readonly LayerRecord[]>;
  /** Where this process's examples stand in the step's batch; default: they are all of it. */
  readonly rows?: RowsOfStep;
  /** Puts the statistics of several workers together; default: this process is alone. */
  readonly exchange?: Exchange;
  /** Role of each parameter in its model, where the driver knows. */
  readonly roles?: Roles;
  readonly oracles: Oracles;
  readonly rng: Rng;
  /**
   * Report a number of this step (damping, clip coefficient, reduction ratio) to the event stream. A tensor that is
   * reported lives as long as the step's directions.
   */
  report(name: string, value: number | Tensor): void;
  /**
   * Make the step depend on something that a device cannot say at once: it holds only if all of these values are finite.
   */
  guard(what: string, values: readonly Tensor[]): void;
  /** Say which phase begins ("statistics", "refresh", "precondition", "update"), for a profile. */
  mark(phase: string): void;
}

/** One link of a chain. */
export interface Transform<S extends StateTree = StateTree> {
  readonly name: string;
  /** Its captures on a step (default: none). */
  needs?(step: number): Needs;
  /** Fresh state, made at the first step. */
  init(updates: Updates, context: StepContext): S;
  /** New updates and new state. The old state's tensors are not written: the step may not hold, and then it stays. */
  update(updates: Updates, state: S, context: StepContext): { updates: Updates; state: S };
  /** Of a chain, or of what stands around one: its members, for the printed plan. */
  readonly links?: readonly Transform[];
  /** Of a router: where a parameter goes, for the printed plan. @throws {UsageError} nobody takes it */
  readonly route?: (parameter: { readonly name: string; readonly shape: Shape; readonly role: BlockRole }) => {
    readonly rule: string;
    readonly name: string;
    readonly chain: Transform;
  };
  /** Whether it reads values inside a step, which devices that must be waited for do not give. */
  readonly numbers?: boolean;
  /** Whether its direction is the step: then the rate is 1 and it ends its chain. */
  readonly ownStep?: boolean;
  /** Whether a block is its own to change; of curvature, for the printed plan. */
  readonly takes?: (block: BlockInfo) => boolean;
  /** Describe what will be done to a block of one group, for the printed plan. */
  readonly plan?: ((block: BlockInfo, batch: number) => BlockPlan) | undefined;
  /** Weights to evaluate and save in place of those that training goes on from (averages). Tensors are the caller's scope's. */
  evaluationWeights?(parameters: Parameters, state: S): Parameters;
  /** Matrices and spectra of what it keeps, by block. */
  inspect?(state: S): Readonly<Record<string, CurvatureView>>;
}

/** Gradients by parameter name, as `grad` gives them: each is a block of its own. */
export function updatesOf(gradients: Parameters): Updates {
  const blocks = Object.entries(gradients).map(([name, gradient]) => {
    const { shape } = gradient;
    const block = { name, parameters: [name], shapes: [shape], shape, isLayer: false, hasBias: false, groups: 1 };
    return [name, partsGradient(block, [gradient])] as const;
  });
  return new Map(blocks);
}

/** Apply a function to the update of every block. */
export function mapUpdates(updates: Updates, f: (direction: Direction) => Direction): Updates {
  return new Map([...updates].map(([name, direction]) => [name, f(direction)]));
}

/**
 * Apply a function to every parameter's part of the updates; most elementwise transforms are one call of this. A block
 * that the function leaves as it is keeps its form.
 */
export function mapParts(updates: Updates, f: (part: Tensor, parameter: string) => Tensor): Updates {
  return mapUpdates(updates, (direction) => mapDirection(direction, f));
}

/** `mapParts` of one block. */
export function mapDirection(direction: Direction, f: (part: Tensor, parameter: string) => Tensor): Direction {
  const { block } = direction;
  const before = direction.parts();
  const after = before.map((part, i) => f(part, block.parameters[i] as string));
  return after.every((part, i) => part === before[i]) ? direction : partsGradient(block, after);
}

/** Squared norm of all updates together, []; on factors where there are any. */
export function globalSquaredNorm(updates: Updates): Tensor {
  return [...updates.values()].map(squaredNorm).reduce(add);
}

/**
 * Find the parameter that a gradient belongs to.
 *
 * @throws {UsageError} there is no parameter of that name
 */
export function parameterNamed(parameters: Parameters, name: string): Tensor {
  const found = parameters[name];
  if (found !== undefined) return found;
  throw new UsageError({
    where: "optimizer",
    problem: `there is a gradient for "${name}" but no such parameter`,
    got: Object.keys(parameters),
    help: "Pass the parameters that the gradients were taken by.",
  });
}
