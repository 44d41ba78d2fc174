/**
 * Batch normalization.
 *
 * In training each channel is normalized by the mean and biased variance of the batch, in evaluation by running averages.
 * Those are buffers: new ← (1 − momentum) · old + momentum · batch, with the unbiased variance, handed to `mode.commit` and
 * written by the training driver after the step. A pass without `commit` leaves no trace.
 */

import {
  batchNorm,
  batchNormInference,
  detach,
  heldTensors,
  ones,
  ShapeError,
  type Tensor,
  weightedSum,
  zeros,
} from "@kronograd/tensor";
import type { InitContext, Layer, Mode, ParameterRole } from "../layer.ts";
import { checkFeatures, checkSizes, notInitialized } from "../parts/checks.ts";
import { type Affine, identityAffine, recordAffine } from "../parts/linear-init.ts";

/** Options of batch normalization. */
export interface BatchNormOptions {
  /** Features or channels: the size of axis 1. */
  readonly features: number;
  /** Weight of the newest batch in the running averages; default 0.1. */
  readonly momentum?: number;
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalize each feature over the batch, and over positions: x [N, C] or [N, C, H, W] → the same shape.
 *
 * @throws {ShapeError} in the forward pass: axis 1 is not `features`, or training sees one value for each feature
 * @source Ioffe & Szegedy (2015), algorithm 1 and §3.1
 * @example
 * new Sequential([new Conv2d({ in: 3, out: 8, kernel: 3, bias: false }), new BatchNorm({ features: 8 }), relu()]);
 */
export class BatchNorm implements Layer {
  readonly kind = "norm";
  readonly options: BatchNormOptions;
  /** Full name in the model, once initialized. */
  name = "norm";
  #own: Affine | undefined;
  #running: { readonly runningMean: Tensor; readonly runningVariance: Tensor } | undefined;

  constructor(options: BatchNormOptions) {
    checkSizes("new BatchNorm", { features: options.features });
    this.options = options;
  }

  init({ name, rng: _, ...placement }: InitContext): void {
    const shape = [this.options.features];
    this.name = name;
    this.#own ??= identityAffine(shape, placement);
    this.#running ??= { runningMean: zeros(shape, placement), runningVariance: ones(shape, placement) };
  }

  parameters(): Affine {
    return this.#own ?? notInitialized(this.name);
  }

  buffers(): { readonly runningMean: Tensor; readonly runningVariance: Tensor } {
    return this.#running ?? notInitialized(this.name);
  }

  role(): ParameterRole {
    return "norm";
  }

  forward(x: Tensor, mode: Mode): Tensor {
    const { features, epsilon = 1e-5 } = this.options;
    checkFeatures(this.name, "features", x, 1, features, `new BatchNorm({ features: ${features} })`);
    const { gamma, beta } = this.parameters();
    const { runningMean, runningVariance } = this.buffers();
    const { name } = this;
    const identity = (input: Tensor) => [ones([features], input), zeros([features], input)] as const;
    if (!mode.training) {
      const output = batchNormInference(x, gamma, beta, runningMean, runningVariance, epsilon);
      recordAffine({ name, input: x, output }, { gamma, beta }, 1, (input) =>
        batchNormInference(input, ...identity(input), runningMean, runningVariance, epsilon),
      );
      return output;
    }
    const count = x.size / features;
    if (count < 2) {
      throw new ShapeError({
        where: this.name,
        problem: "one value for each feature has no variance",
        got: x.shape,
        help: "Train on larger batches (drop the last, short one), or use LayerNorm or GroupNorm.",
      });
    }
    const { y, mean, variance } = batchNorm(x, gamma, beta, epsilon);
    recordAffine(
      { name, input: x, output: y },
      { gamma, beta },
      1,
      (input) => batchNorm(input, ...identity(input), epsilon).y,
    );
    if (mode.commit !== undefined) {
      mode.commit(runningMean, this.#average(runningMean, mean, 1));
      mode.commit(runningVariance, this.#average(runningVariance, variance, count / (count - 1)));
    }
    return y;
  }

  /** (1 − momentum) · old + momentum · factor · batch, outside of any gradient. */
  #average(old: Tensor, batch: Tensor, factor: number): Tensor {
    const { momentum = 0.1 } = this.options;
    return weightedSum(old, detach(batch), 1 - momentum, momentum * factor);
  }

  [heldTensors](): unknown {
    return [this.#own, this.#running];
  }
}
