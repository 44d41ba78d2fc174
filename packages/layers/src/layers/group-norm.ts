/** Group normalization: each example by itself, over groups of channels and all positions. */

import { groupNorm, heldTensors, ones, type Tensor, UsageError, zeros } from "@kronograd/tensor";
import type { InitContext, Layer, ParameterRole } from "../layer.ts";
import { checkFeatures, checkSizes, notInitialized } from "../parts/checks.ts";
import { type Affine, identityAffine, recordAffine } from "../parts/linear-init.ts";

/** Options of group normalization. */
export interface GroupNormOptions {
  /** Groups of channels; 1 is layer norm over channels and positions, `features` is instance norm. */
  readonly groups: number;
  /** Channels: the size of axis 1. */
  readonly features: number;
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalize groups of channels of each example: x [N, C, …] → the same shape. It needs no batch and no buffers.
 *
 * @throws {UsageError} groups does not divide features
 * @throws {ShapeError} in the forward pass: axis 1 is not `features`
 * @source Wu & He (2018), eq. 1 and 2
 * @example
 * new GroupNorm({ groups: 4, features: 16 });
 */
export class GroupNorm implements Layer {
  readonly kind = "norm";
  readonly options: GroupNormOptions;
  /** Full name in the model, once initialized. */
  name = "norm";
  #own: Affine | undefined;

  constructor(options: GroupNormOptions) {
    const { groups, features } = options;
    checkSizes("new GroupNorm", { groups, features });
    if (features % groups !== 0) {
      throw new UsageError({
        where: "new GroupNorm",
        problem: `groups must divide features (${features})`,
        got: groups,
      });
    }
    this.options = options;
  }

  init({ name, rng: _, ...placement }: InitContext): void {
    this.name = name;
    this.#own ??= identityAffine([this.options.features], placement);
  }

  parameters(): Affine {
    return this.#own ?? notInitialized(this.name);
  }

  role(): ParameterRole {
    return "norm";
  }

  forward(x: Tensor): Tensor {
    const { groups, features, epsilon } = this.options;
    const built = `new GroupNorm({ groups: ${groups}, features: ${features} })`;
    checkFeatures(this.name, "features", x, 1, features, built);
    const { gamma, beta } = this.parameters();
    const output = groupNorm(x, gamma, beta, groups, epsilon);
    recordAffine({ name: this.name, input: x, output }, { gamma, beta }, 1, (input) =>
      groupNorm(input, ones([features], input), zeros([features], input), groups, epsilon),
    );
    return output;
  }

  [heldTensors](): unknown {
    return this.#own;
  }
}
