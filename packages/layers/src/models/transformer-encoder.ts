/** A small transformer encoder with the norms before each part (pre-norm). */

import { add, generate, notEqual, Tensor, type Tree } from "@kronograd/tensor";
import type { Layer } from "../layer.ts";
import { gelu } from "../layers/activations.ts";
import { Dense } from "../layers/dense.ts";
import { dropout } from "../layers/dropout.ts";
import { Embedding } from "../layers/embedding.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { MultiHeadAttention } from "../layers/multi-head-attention.ts";
import { meanOverPositions } from "../layers/pooling.ts";
import { model } from "../model.ts";
import type { ModelOptions } from "../model-tree.ts";
import { Sequential } from "../sequential.ts";

/** Options of one encoder block. */
export interface TransformerBlockOptions {
  /** D, the width of the sequence. */
  readonly features: number;
  readonly heads: number;
  /** Width between the two dense layers; default 4 · features. */
  readonly hidden?: number;
  /** A position sees itself and those before it only; default false. */
  readonly causal?: boolean;
  /** Rate of dropout on attention weights and on what each part adds; default 0. */
  readonly dropout?: number;
}

/**
 * Add attention, then two dense layers, to a sequence: x [B, S, D] → [B, S, D].
 *
 * Its layers are called norm1, attention (q, k, v, o), norm2, up and down.
 *
 * @source Vaswani et al. (2017), §3, with the norms placed as by Xiong et al. (2020), fig. 1b
 */
export function transformerBlock({
  features,
  heads,
  hidden = 4 * features,
  causal = false,
  dropout: rate = 0,
}: TransformerBlockOptions): Layer {
  return model(
    {
      norm1: new LayerNorm({ shape: features }),
      attention: new MultiHeadAttention({ features, heads, causal, dropout: rate }),
      norm2: new LayerNorm({ shape: features }),
      up: new Dense({ in: features, out: hidden }),
      gelu: gelu(),
      down: new Dense({ in: hidden, out: features }),
      dropout: dropout(rate),
    },
    (x, { norm1, attention, norm2, up, gelu, down, dropout }) => {
      const y = add(x, dropout(attention(norm1(x))));
      return add(y, dropout(down(gelu(up(norm2(y))))));
    },
  );
}

/** Options of `transformerEncoder`. */
export interface TransformerEncoderOptions extends TransformerBlockOptions, ModelOptions {
  /** Number of blocks; default 2. */
  readonly blocks?: number;
  readonly classes: number;
  /** With it, x holds int32 tokens [B, S] below this number; without, x is already [B, S, features]. */
  readonly vocabulary?: number;
  /** Longest sequence of tokens; default 128. */
  readonly length?: number;
  /** Token that stands for padding: no position sees it, means leave it out, and so does curvature. */
  readonly paddingToken?: number;
  /** "mean" (default) classifies a sequence by the mean of its positions, "none" classifies each position. */
  readonly pool?: "mean" | "none";
}

/**
 * Build an encoder: tokens [B, S] or vectors [B, S, features] → [B, classes], or [B, S, classes] without pooling.
 *
 * Sequences of several lengths are padded, and either `paddingToken` says with what, or the model is given
 * `{ input, mask }`, with a mask [B, S] of the positions that are there.
 *
 * @throws {UsageError} heads does not divide features; in the forward pass: a sequence longer than `length`
 * @source Vaswani et al. (2017), with learned positions and pre-norm blocks
 * @example
 * transformerEncoder({ vocabulary: 100, features: 32, heads: 4, classes: 2, rng: new Rng(0) });
 */
export function transformerEncoder(options: TransformerEncoderOptions): Sequential {
  const {
    blocks = 2,
    classes,
    vocabulary,
    length = 128,
    pool = "mean",
    paddingToken,
    rng,
    device,
    dtype,
    ...block
  } = options;
  const { features } = block;
  return new Sequential(
    {
      ...(vocabulary === undefined ? {} : { embedding: positionalEmbedding(vocabulary, length, features) }),
      ...Object.fromEntries(Array.from({ length: blocks }, (_, i) => [`block${i + 1}`, transformerBlock(block)])),
      norm: new LayerNorm({ shape: features }),
      ...(pool === "mean" ? { pool: meanOverPositions() } : {}),
      head: new Dense({ in: features, out: classes }),
    },
    { mask: (x) => partsOf(x, paddingToken), ...(rng && { rng }), ...(device && { device }), ...(dtype && { dtype }) },
  );
}

/** Sequences and the mask of their positions. */
function partsOf(x: Tree, paddingToken: number | undefined): { input: Tree; mask: Tensor | undefined } {
  if (!(x instanceof Tensor)) return x as { input: Tree; mask: Tensor };
  return { input: x, mask: paddingToken === undefined ? undefined : notEqual(x, paddingToken) };
}

/** Token plus position: int32 [B, S] → [B, S, features]. */
function positionalEmbedding(vocabulary: number, length: number, features: number): Layer {
  return model(
    { token: new Embedding({ count: vocabulary, features }), position: new Embedding({ count: length, features }) },
    (x, { token, position }) => {
      const positions = x.shape[1] ?? 1;
      const places = generate(x.shape, { device: x.device, dtype: "int32" }, (i) => i % positions); // [B, S]
      return add(token(x), position(places));
    },
  );
}
