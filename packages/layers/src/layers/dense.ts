/** The dense layer: y = x Wᵀ + b. */

import { recordLayer } from "@kronograd/autograd";
import { heldTensors, linear, type Tensor } from "@kronograd/tensor";
import type { InitContext, Layer, Mode } from "../layer.ts";
import { checkFeatures, checkGiven, checkSizes, notInitialized } from "../parts/checks.ts";
import { maskOf } from "../parts/mask.ts";
import { type SharedWeight, sharedTensor } from "../parts/shared-weight.ts";
import { drawWeights, type WeightOptions, type Weights } from "../parts/weight-options.ts";

/** Options of a dense layer. */
export interface DenseOptions extends WeightOptions {
  readonly in: number;
  readonly out: number;
  /** Share a weight [out, in]: the tensor, or the layer that holds it. */
  readonly weight?: SharedWeight;
}

/**
 * Apply y = x Wᵀ + b to the last axis of x: x [N, …, in] → y [N, …, out].
 *
 * Axes between the first and the last are positions that share the weight; curvature methods see them so.
 *
 * @throws {UsageError} in or out is not a whole number ≥ 1
 * @throws {ShapeError} in the forward pass: the last axis of x is not `in`
 * @example
 * const layer = new Dense({ in: 3, out: 2 });
 * initialize(layer, { rng: new Rng(0) });
 * layer.forward(ones([4, 3])).shape;   // [4, 2]
 */
export class Dense implements Layer {
  readonly kind = "dense";
  readonly options: DenseOptions;
  /** Full name in the model, once initialized. */
  name = "dense";
  #own: Weights | undefined;

  constructor(options: DenseOptions) {
    checkSizes("new Dense", { in: options.in, out: options.out });
    this.options = options;
  }

  init(context: InitContext): void {
    this.name = context.name;
    const { in: fanIn, out: fanOut, weight } = this.options;
    this.#own ??= drawWeights([fanOut, fanIn], { fanIn, fanOut }, this.options, context, weight !== undefined);
  }

  /** [out, in] */
  get weight(): Tensor {
    const { weight, in: inputs, out } = this.options;
    if (weight === undefined) return (this.#own ?? notInitialized(this.name)).weight as Tensor;
    const given = sharedTensor(weight);
    checkGiven(this.name, "weight", given, [out, inputs]);
    return given;
  }

  parameters(): Weights {
    return { weight: this.weight, ...(this.#own ?? notInitialized(this.name)) };
  }

  forward(x: Tensor, mode?: Mode): Tensor {
    const { in: inputs, out } = this.options;
    const { name } = this;
    checkFeatures(name, "features", x, -1, inputs, `new Dense({ in: ${inputs}, out: ${out} })`);
    const { weight, bias = null } = this.parameters() as { weight: Tensor; bias?: Tensor };
    const output = linear(x, weight, bias);
    const rowWeights = maskOf(x.shape.slice(0, -1), mode);
    recordLayer({ name, weight, bias, input: x, output, geometry: { kind: "dense" }, rowWeights });
    return output;
  }

  [heldTensors](): unknown {
    return this.#own;
  }
}

/** PyTorch's name of `Dense`, with its own options: `new Linear({ in: 3, out: 2 })`. */
export { Dense as Linear };
