/** The embedding: rows of a table by index. */

import { type LayerView, recordLayer, weightedRows } from "@kronograd/autograd";
import { DtypeError, gather, heldTensors, oneHot, type Tensor } from "@kronograd/tensor";
import { gaussian, type Initializer } from "../initializers.ts";
import type { InitContext, Layer, Mode, ParameterRole } from "../layer.ts";
import { checkGiven, checkSizes, notInitialized } from "../parts/checks.ts";
import { maskOf } from "../parts/mask.ts";
import { type SharedWeight, sharedTensor } from "../parts/shared-weight.ts";

/**
 * The gradient of the table is Σ 1(index) gᵀ, that of a dense layer without bias that reads one-hot rows through the
 * transposed table: cotangents stand on the side of inputs, tokens on that of output gradients.
 */
const embeddingView: LayerView = {
  of: "embeddings",
  read: weightedRows,
  use(indices, outputGrads, weight) {
    const input = oneHot(indices, weight.shape[0] as number, { dtype: weight.dtype }); // [N, …, count]
    return { input, outputGrads, transposed: true };
  },
};

/** Options of an embedding. */
export interface EmbeddingOptions {
  /** Rows of the table: how many different indices there are. */
  readonly count: number;
  /** Columns of the table: how long each row is. */
  readonly features: number;
  /** Initial table; default `gaussian(1)`. */
  readonly init?: Initializer;
  /** Share a table [count, features]: the tensor, or the layer that holds it. */
  readonly weight?: SharedWeight;
}

/**
 * Look up a row for each index: x int32 [N, …] → [N, …, features].
 *
 * @throws {DtypeError} in the forward pass: x is not int32
 * @throws {UsageError} in the forward pass: an index is not in 0 … count−1
 * @example
 * const table = new Embedding({ count: 100, features: 8 });
 * const logits = new Dense({ in: 8, out: 100, bias: false, weight: table });   // tied to the table
 */
export class Embedding implements Layer {
  readonly kind = "embedding";
  readonly options: EmbeddingOptions;
  /** Full name in the model, once initialized. */
  name = "embedding";
  #own: { readonly weight?: Tensor } | undefined;

  constructor(options: EmbeddingOptions) {
    checkSizes("new Embedding", { count: options.count, features: options.features });
    this.options = options;
  }

  init({ name, rng, ...placement }: InitContext): void {
    this.name = name;
    const { count, features, init = gaussian(1), weight } = this.options;
    const context = { ...placement, rng: rng.fork("weight"), fanIn: count, fanOut: features };
    this.#own ??= weight === undefined ? { weight: init([count, features], context) } : {};
  }

  /** [count, features] */
  get weight(): Tensor {
    const { weight, count, features } = this.options;
    if (weight === undefined) return (this.#own ?? notInitialized(this.name)).weight as Tensor;
    const given = sharedTensor(weight);
    checkGiven(this.name, "weight", given, [count, features]);
    return given;
  }

  parameters(): Readonly<Record<string, Tensor>> {
    return { weight: this.weight };
  }

  role(): ParameterRole {
    return "embedding";
  }

  forward(x: Tensor, mode?: Mode): Tensor {
    if (x.dtype !== "int32") {
      throw new DtypeError({
        where: this.name,
        problem: "input must hold indices",
        expected: "int32",
        got: x.dtype,
        help: 'Use cast(x, "int32").',
      });
    }
    const { weight, name } = this;
    const output = gather(weight, x);
    const rowWeights = maskOf(x.shape, mode);
    const geometry = { kind: "dense" } as const;
    recordLayer({ name, weight, bias: null, input: x, output, geometry, view: embeddingView, rowWeights });
    return output;
  }

  [heldTensors](): unknown {
    return this.#own;
  }
}
