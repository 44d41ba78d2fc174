/** The two-dimensional convolution layer (a correlation: kernels are not flipped). */

import { type ConvGeometry, recordLayer } from "@kronograd/autograd";
import { conv2d, heldTensors, type PairLike, type Tensor, UsageError } from "@kronograd/tensor";
import type { InitContext, Layer } from "../layer.ts";
import { checkFeatures, checkRank, checkSizes, notInitialized, pairOf } from "../parts/checks.ts";
import { drawWeights, type WeightOptions, type Weights } from "../parts/weight-options.ts";

/** Options of a convolution; numbers stand for both directions, pairs are [vertical, horizontal]. */
export interface Conv2dLayerOptions extends WeightOptions {
  /** Channels of the input. */
  readonly in: number;
  /** Channels of the output. */
  readonly out: number;
  readonly kernel: PairLike;
  /** Default 1. */
  readonly stride?: PairLike;
  /** Zeros added on each side; default 0. */
  readonly padding?: PairLike;
  /** Distance between the kernel's taps; default 1. */
  readonly dilation?: PairLike;
  /** Independent groups of channels; default 1. */
  readonly groups?: number;
}

/**
 * Convolve images: x [N, in, H, W] → y [N, out, oh, ow] with oh = ⌊(H + 2·padding − dilation·(kh − 1) − 1)/stride⌋ + 1.
 *
 * @throws {UsageError} a size is not a whole number ≥ 1, or groups does not divide in and out
 * @throws {ShapeError} in the forward pass: x is not [N, in, H, W], or smaller than the kernel
 * @example
 * new Conv2d({ in: 1, out: 16, kernel: 5, padding: 2 });
 */
export class Conv2d implements Layer {
  readonly kind = "conv";
  readonly options: Conv2dLayerOptions;
  /** Full name in the model, once initialized. */
  name = "conv";
  readonly #geometry: ConvGeometry;
  #own: Weights | undefined;

  constructor(options: Conv2dLayerOptions) {
    const { in: inputs, out, kernel, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const [height, width] = pairOf(kernel);
    checkSizes("new Conv2d", { in: inputs, out, kernel: height, "kernel[1]": width, groups });
    if (inputs % groups !== 0 || out % groups !== 0) {
      throw new UsageError({
        where: "new Conv2d",
        problem: `groups must divide in and out (${inputs} and ${out})`,
        got: groups,
      });
    }
    this.options = options;
    this.#geometry = {
      kind: "conv2d",
      kernel: [height, width],
      stride: pairOf(stride),
      padding: pairOf(padding),
      dilation: pairOf(dilation),
      groups,
    };
  }

  init(context: InitContext): void {
    this.name = context.name;
    const { in: inputs, out } = this.options;
    const { kernel, groups } = this.#geometry;
    const taps = kernel[0] * kernel[1];
    const fans = { fanIn: (inputs / groups) * taps, fanOut: (out / groups) * taps };
    this.#own ??= drawWeights([out, inputs / groups, ...kernel], fans, this.options, context);
  }

  /** [out, in/groups, kh, kw] */
  get weight(): Tensor {
    return this.parameters().weight as Tensor;
  }

  parameters(): Weights {
    return this.#own ?? notInitialized(this.name);
  }

  forward(x: Tensor): Tensor {
    const { in: inputs, out } = this.options;
    const { name } = this;
    checkRank(name, x, ["N", inputs, "H", "W"]);
    checkFeatures(name, "channels", x, 1, inputs, `new Conv2d({ in: ${inputs}, out: ${out}, … })`);
    const { weight, bias = null } = this.parameters() as { weight: Tensor; bias?: Tensor };
    const output = conv2d(x, weight, bias, this.#geometry);
    recordLayer({ name, weight, bias, input: x, output, geometry: this.#geometry });
    return output;
  }

  [heldTensors](): unknown {
    return this.#own;
  }
}
