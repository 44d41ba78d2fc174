/** The weight and bias of a layer, as its options ask for them. */

import type { Tensor } from "@kronograd/tensor";
import { fanInUniform, type Initializer } from "../initializers.ts";
import type { InitContext } from "../layer.ts";

/** Options of a layer's initial values. */
export interface WeightOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Initial weight; default `fanInUniform`. */
  readonly init?: Initializer;
  /** Initial bias; default `fanInUniform`. */
  readonly initBias?: Initializer;
}

/** A layer's own weight, unless it is another layer's, and its bias, unless it has none. */
export interface Weights {
  readonly [name: string]: Tensor;
}

/**
 * Draw a weight [out, …] and a bias [out], each from a stream of its own.
 *
 * @param fans    numbers that an output and an input meet
 * @param shared  whether the weight is another layer's, so that only the bias is drawn
 */
export function drawWeights(
  shape: readonly [number, ...number[]],
  fans: { readonly fanIn: number; readonly fanOut: number },
  { bias = true, init = fanInUniform, initBias = fanInUniform }: WeightOptions,
  { name: _, rng, ...placement }: InitContext,
  shared = false,
): Weights {
  const drawn = (own: string) => ({ ...placement, ...fans, rng: rng.fork(own) });
  return {
    ...(shared ? {} : { weight: init(shape, drawn("weight")) }),
    ...(bias ? { bias: initBias([shape[0]], drawn("bias")) } : {}),
  };
}
