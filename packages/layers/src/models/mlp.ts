/** The multi-layer perceptron. */

import type { Initializer } from "../initializers.ts";
import type { Layer } from "../layer.ts";
import { relu } from "../layers/activations.ts";
import { Dense } from "../layers/dense.ts";
import { flatten } from "../layers/reshaping.ts";
import type { ModelOptions } from "../model-tree.ts";
import { Sequential } from "../sequential.ts";

/** Options of a multi-layer perceptron. */
export interface MlpOptions extends ModelOptions {
  /** Makes the activation between two dense layers; default `relu`. */
  readonly activation?: () => Layer;
  /** Initial weights; default `fanInUniform`. */
  readonly init?: Initializer;
}

/**
 * Stack dense layers with an activation between each two: x [N, …] of widths[0] features → [N, widths.at(-1)].
 * Examples of any shape are laid in a row first, so images can come as they are.
 *
 * @throws {UsageError} a width is not a whole number ≥ 1
 * @example
 * mlp([784, 128, 64, 10], { rng: new Rng(0), activation: tanh });
 */
export function mlp(widths: readonly number[], options: MlpOptions = {}): Sequential {
  const { activation = relu, init, ...rest } = options;
  const layers = widths
    .slice(1)
    .flatMap((out, i) => [
      ...(i === 0 ? [] : [activation()]),
      new Dense({ in: widths[i] as number, out, ...(init === undefined ? {} : { init }) }),
    ]);
  return new Sequential([flatten(), ...layers], rest);
}
