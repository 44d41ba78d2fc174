/**
 * Oracles of a step's loss besides the gradient: products with Jacobian, Hessian and Gauss–Newton matrix, and
 * the loss at other weights.
 *
 * Both see the very function whose gradient was taken: the same rows (micro-batches are summed), masks, and statistics of
 * norms. The training driver makes them; a method or transform names those it needs.
 */

import type { Parameters } from "@kronograd/autograd";
import type { Tensor } from "@kronograd/tensor";
import type { Updates } from "./updates.ts";

/**
 * The step's function, linearised at the current weights: one forward pass, then any number of products.
 *
 * Vectors hold every parameter by name. Each call takes a list of vectors and answers in the same order.
 */
export interface Linearized {
  /** Jv for each vector: how the model's outputs change. One tensor in the outputs' shape for each vector and part of the batch. */
  jvp(vectors: readonly Parameters[]): readonly (readonly Tensor[])[];
  /** Jᵀu for each cotangent; a cotangent has one tensor for each part of the batch, as `jvp` gives them. */
  vjp(cotangents: readonly (readonly Tensor[])[]): readonly Parameters[];
  /** Hessian of the loss times each vector. */
  hvp(vectors: readonly Parameters[]): readonly Parameters[];
  /** JᵀHJ times each vector, H the Hessian of the loss in the model's outputs. */
  ggnvp(vectors: readonly Parameters[]): readonly Parameters[];
}

/** The oracles of a step; those that were not asked for are absent. */
export interface Oracles {
  /** The linearised function, made when first called and at most once a step. */
  readonly linearized?: () => Linearized;
  /**
   * The loss, [], at θ − length · direction. Parameters that the direction does not name stay where they are.
   *
   * @param direction  updates by block, or tensors by parameter name
   */
  readonly trial?: (direction: Updates | Parameters, length: number) => Tensor;
}

/** The name of an oracle. */
export type OracleName = keyof Oracles;
