/** The two-dimensional convolution layer (a correlation: kernels are not flipped). */

import { recordLayer } from "@kronograd/autograd";
import { conv2d, heldTensors, type PairLike, type Shape, type Tensor, UsageError } from "@kronograd/tensor";
import { checkFeatures, checkRank, checkSizes, notInitialized, pairOf } from "../checks.ts";
import { fanInUniform, type Initializer } from "../initializers.ts";
import type { InitContext, Layer } from "../layer.ts";

/** Options of a convolution; numbers stand for both directions, pairs are [vertical, horizontal]. */
export interface Conv2dLayerOptions {
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
  /** Default true. */
  readonly bias?: boolean;
  /** Initial weight; default `fanInUniform`. */
  readonly init?: Initializer;
  /** Initial bias; default `fanInUniform`. */
  readonly initBias?: Initializer;
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
  readonly #shape: Shape;
  #own: Readonly<Record<string, Tensor>> | undefined;

  constructor(options: Conv2dLayerOptions) {
    const { in: inputs, out, kernel, groups = 1 } = options;
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
    this.#shape = [out, inputs / groups, height, width];
  }

  init({ name, rng, ...placement }: InitContext): void {
    this.name = name;
    const { out, bias = true, groups = 1, init = fanInUniform, initBias = fanInUniform } = this.options;
    const [, perGroup, height, width] = this.#shape as [number, number, number, number];
    const fans = { fanIn: perGroup * height * width, fanOut: (out / groups) * height * width };
    const draw = (own: string) => ({ ...placement, ...fans, rng: rng.fork(own) });
    this.#own ??= {
      weight: init(this.#shape, draw("weight")),
      ...(bias ? { bias: initBias([out], draw("bias")) } : {}),
    };
  }

  /** [out, in/groups, kh, kw] */
  get weight(): Tensor {
    return this.parameters().weight as Tensor;
  }

  parameters(): Readonly<Record<string, Tensor>> {
    return this.#own ?? notInitialized(this.name);
  }

  forward(x: Tensor): Tensor {
    const { in: inputs, out, kernel, groups = 1 } = this.options;
    const { name } = this;
    checkRank(name, x, ["N", inputs, "H", "W"]);
    checkFeatures(name, "channels", x, 1, inputs, `new Conv2d({ in: ${inputs}, out: ${out}, … })`);
    const { weight, bias = null } = this.parameters() as { weight: Tensor; bias?: Tensor };
    const [stride, padding, dilation] = [
      pairOf(this.options.stride ?? 1),
      pairOf(this.options.padding ?? 0),
      pairOf(this.options.dilation ?? 1),
    ];
    const output = conv2d(x, weight, bias, { stride, padding, dilation, groups });
    const geometry = { kind: "conv2d", kernel: pairOf(kernel), stride, padding, dilation, groups } as const;
    recordLayer({ name, weight, bias, input: x, output, geometry });
    return output;
  }

  [heldTensors](): unknown {
    return this.#own;
  }
}
