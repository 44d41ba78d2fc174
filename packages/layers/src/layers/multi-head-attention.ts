/**
 * Self-attention with several heads.
 *
 *     head h = softmax(q_h k_hᵀ / √d) v_h,   d = features / heads,   y = [head_1 … head_H] W_oᵀ + b_o
 *
 * The four maps q, k, v, o are dense layers, so curvature methods see each of them; features h·d … (h+1)·d−1 are head h's.
 *
 * Symbols: B examples, S positions, D features, H heads.
 */

import { heldTensors, permute, reshape, type Tensor, UsageError } from "@kronograd/tensor";
import { attention } from "../attention.ts";
import type { Initializer } from "../initializers.ts";
import { callLayer, type InitContext, type Layer, type Mode } from "../layer.ts";
import { checkFeatures, checkRank, checkSizes } from "../parts/checks.ts";
import { Dense } from "./dense.ts";
import { dropout } from "./dropout.ts";

/** Options of self-attention. */
export interface MultiHeadAttentionOptions {
  /** D, of input and output. */
  readonly features: number;
  /** H, a divisor of `features`. */
  readonly heads: number;
  /** A position sees itself and those before it only; default false. */
  readonly causal?: boolean;
  /** Rate of dropout on the attention weights; default 0. */
  readonly dropout?: number;
  /** Initial weights of the four maps; default `fanInUniform`. */
  readonly init?: Initializer;
}

type Maps = Readonly<Record<"q" | "k" | "v" | "o", Dense>>;

/**
 * Let every position of a sequence attend to the others: x [B, S, D] → [B, S, D].
 *
 * With a mask in its mode, no position sees padding.
 *
 * @throws {UsageError} heads does not divide features
 * @throws {ShapeError} in the forward pass: x is not [B, S, features]
 * @source Vaswani et al. (2017), "Attention is all you need", §3.2
 * @example
 * new MultiHeadAttention({ features: 64, heads: 4, causal: true });
 */
export class MultiHeadAttention implements Layer {
  readonly kind = "attention";
  readonly options: MultiHeadAttentionOptions;
  /** Full name in the model, once initialized. */
  name = "attention";
  readonly #children: Maps & { readonly dropout?: Layer };

  constructor(options: MultiHeadAttentionOptions) {
    const { features, heads, init, dropout: rate = 0 } = options;
    checkSizes("new MultiHeadAttention", { features, heads });
    if (features % heads !== 0) {
      throw new UsageError({
        where: "new MultiHeadAttention",
        problem: `heads must divide features (${features})`,
        got: heads,
      });
    }
    const map = () => new Dense({ in: features, out: features, ...(init === undefined ? {} : { init }) });
    this.options = options;
    this.#children = { q: map(), k: map(), v: map(), o: map(), ...(rate === 0 ? {} : { dropout: dropout(rate) }) };
  }

  init({ name }: InitContext): void {
    this.name = name;
  }

  children(): Maps & { readonly dropout?: Layer } {
    return this.#children;
  }

  forward(x: Tensor, mode: Mode): Tensor {
    const { features, heads, causal = false } = this.options;
    const built = `new MultiHeadAttention({ features: ${features}, heads: ${heads} })`;
    checkRank(this.name, x, ["B", "S", features]);
    checkFeatures(this.name, "features", x, 2, features, built);
    const [batch, positions] = x.shape as unknown as [number, number];
    const { q, k, v, o, dropout: drop } = this.#children;
    const perHead = (t: Tensor) => permute(reshape(t, [batch, positions, heads, features / heads]), [0, 2, 1, 3]); // [B, H, S, d]
    const mixed = attention(
      perHead(callLayer(q, "q", x, mode)),
      perHead(callLayer(k, "k", x, mode)),
      perHead(callLayer(v, "v", x, mode)),
      {
        causal,
        mask: keysOf(mode.mask, x),
        ...(drop && { drop: (weights) => callLayer(drop, "dropout", weights, mode) }),
      },
    ); // [B, H, S, d]
    return callLayer(o, "o", reshape(permute(mixed, [0, 2, 1, 3]), [batch, positions, features]), mode);
  }

  [heldTensors](): unknown {
    return this.#children;
  }
}

/** A mask of positions [B, S] as one of keys, [B, 1, 1, S]. */
function keysOf(mask: Tensor | undefined, { shape: [batch, positions] }: Tensor): Tensor | undefined {
  return mask && reshape(mask, [batch as number, 1, 1, positions as number]);
}
