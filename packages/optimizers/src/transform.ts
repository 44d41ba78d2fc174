/**
 * An optimizer is a chain of transforms: each takes the updates so far (at first the gradients) and gives them on, changed.
 *
 * Updates are `Gradient`s by block: dense, in parts, or as factors; a transform that works on factors never forms the
 * product, and one that works elementwise asks for `parts()`. The learning rate and the subtraction stand outside the chain.
 */

import type { CaptureRequest, Gradient, LayerRecord, Parameters } from "@kronograd/autograd";
import type { Rng, Tensor } from "@kronograd/tensor";
import type { StateTree } from "./state.ts";

/** By block name: the directions that will be subtracted, times the learning rate. */
export type Updates = ReadonlyMap<string, Gradient>;

/** Curvature products and trial losses on demand, made by the training driver; a method declares which it needs. */
export interface Oracles {
  /** Hessian times a vector, by parameter name. */
  readonly hvp?: (vectors: Parameters) => Parameters;
  /** Generalised Gauss–Newton times a vector, by parameter name. */
  readonly ggnvp?: (vectors: Parameters) => Parameters;
  /** The loss at other parameters, on the same batch. */
  readonly trialLoss?: (parameters: Parameters) => Tensor;
}

/** What every transform sees of a step. */
export interface StepContext {
  /** From 0. */
  readonly step: number;
  readonly learningRate: number;
  readonly parameters: Parameters;
  /** The gradients that entered the chain. */
  readonly gradients: Updates;
  readonly records: ReadonlyMap<string, LayerRecord>;
  readonly oracles: Oracles;
  readonly rng: Rng;
  /** Report a number of this step (damping, clip coefficient, reduction ratio) to the event stream. */
  report(name: string, value: number | Tensor): void;
  /** Say which phase begins ("statistics", "refresh", "precondition", "update"), for a profile. */
  mark(phase: string): void;
}

export interface Transform<S extends StateTree = StateTree> {
  readonly name: string;
  /** What it wants captured on a step (default: nothing). */
  needs?(step: number): CaptureRequest & { readonly oracles?: readonly (keyof Oracles)[] };
  /** Fresh state, made at the first step. */
  init(updates: Updates, context: StepContext): S;
  /** New updates and new state; tensors of the old state may be updated in place and returned. */
  update(updates: Updates, state: S, context: StepContext): { updates: Updates; state: S };
  /** Describe what will be done to a block, for the printed plan; null when there is nothing to say. */
  plan?(block: { name: string; shape: readonly number[]; isLayer: boolean }, batch: number): Readonly<Record<string, string | number>> | null;
}

/** Apply a function to every block's parts; most elementwise transforms are one call of this. */
export function mapParts(updates: Updates, f: (part: Tensor, name: string, index: number) => Tensor, make: (gradient: Gradient, parts: Tensor[]) => Gradient): Updates {
  const result = new Map<string, Gradient>();
  for (const [name, gradient] of updates) {
    const parts = gradient.parts().map((part, i) => f(part, gradient.block.parameters[i] as string, i));
    result.set(name, make(gradient, parts));
  }
  return result;
}
