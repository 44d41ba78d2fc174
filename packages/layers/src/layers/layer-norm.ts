/** Layer normalization: each example by itself, over its trailing axes. */

import { heldTensors, layerNorm, ones, type Shape, ShapeError, sameShape, type Tensor, zeros } from "@kronograd/tensor";
import type { InitContext, Layer, ParameterRole } from "../layer.ts";
import { checkSizes, notInitialized } from "../parts/checks.ts";
import { type Affine, identityAffine, recordAffine } from "../parts/linear-init.ts";

/** Options of layer normalization. */
export interface LayerNormOptions {
  /** The trailing axes to normalize over; a number stands for the last axis. */
  readonly shape: number | Shape;
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalize each position over its trailing axes: x [N, …, ...shape] → the same shape.
 *
 * @throws {ShapeError} in the forward pass: x does not end in `shape`
 * @source Ba, Kiros & Hinton (2016), eq. 4
 * @example
 * new LayerNorm({ shape: 64 });
 */
export class LayerNorm implements Layer {
  readonly kind = "norm";
  readonly options: LayerNormOptions;
  /** Full name in the model, once initialized. */
  name = "norm";
  readonly #shape: Shape;
  #own: Affine | undefined;

  constructor(options: LayerNormOptions) {
    this.options = options;
    this.#shape = typeof options.shape === "number" ? [options.shape] : options.shape;
    checkSizes("new LayerNorm", Object.fromEntries(this.#shape.map((n, axis) => [`shape[${axis}]`, n])));
  }

  init({ name, rng: _, ...placement }: InitContext): void {
    this.name = name;
    this.#own ??= identityAffine(this.#shape, placement);
  }

  parameters(): Affine {
    return this.#own ?? notInitialized(this.name);
  }

  role(): ParameterRole {
    return "norm";
  }

  forward(x: Tensor): Tensor {
    const { gamma, beta } = this.parameters();
    const end = x.shape.slice(-this.#shape.length);
    if (!sameShape(end, this.#shape)) {
      throw new ShapeError({
        where: this.name,
        problem: `input ends in [${end.join(", ")}], layer expects [${this.#shape.join(", ")}]`,
        got: x.shape,
        help: `Built with new LayerNorm({ shape: [${this.#shape.join(", ")}] }).`,
      });
    }
    const { epsilon } = this.options;
    const output = layerNorm(x, gamma, beta, epsilon);
    const { name } = this;
    recordAffine({ name, input: x, output }, { gamma, beta }, -this.#shape.length, (input) =>
      layerNorm(input, ones(this.#shape, input), zeros(this.#shape, input), epsilon),
    );
    return output;
  }

  [heldTensors](): unknown {
    return this.#own;
  }
}
