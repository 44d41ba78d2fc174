/** Scaled dot-product attention, the function inside of `MultiHeadAttention`. */

import { add, generate, matmul, scale, softmax, type Tensor, transpose, where } from "@kronograd/tensor";

/** Options of scaled dot-product attention. */
export interface AttentionOptions {
  /** Factor on the scores; default 1/√d. */
  readonly scale?: number;
  /** Query i sees keys 0 … i only; default false. */
  readonly causal?: boolean;
  /** Keys that are there (not 0) and padding (0), in a shape that broadcasts to [..., S, T]; default: all are there. */
  readonly mask?: Tensor | undefined;
  /** Change of the weights before they meet the values (dropout). */
  readonly drop?: (weights: Tensor) => Tensor;
}

/**
 * Mix values by how well their keys answer the queries: softmax(q kᵀ · scale) v over the last two axes.
 *
 * @param q  [..., S, d]
 * @param k  [..., T, d]
 * @param v  [..., T, e]
 * @returns  [..., S, e]
 * @source Vaswani et al. (2017), eq. 1
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { scale: factor = 1 / Math.sqrt(q.shape.at(-1) ?? 1), causal = false, mask, drop } = options;
  const scores = scale(matmul(q, transpose(k)), factor); // [..., S, T]
  const past = causal ? add(scores, hiddenFuture(scores)) : scores;
  const weights = softmax(mask === undefined ? past : where(mask, past, hidden));
  return matmul(drop === undefined ? weights : drop(weights), v);
}

/** Score of a key that is not seen: e^(−1e30) is 0 in any dtype, and no ∞ meets a GPU that assumes none. */
const hidden = -1e30;

/** −1e30 where the key comes after the query, [S, T]. */
function hiddenFuture({ shape, device, dtype }: Tensor): Tensor {
  const [queries, keys] = shape.slice(-2) as [number, number];
  return generate([queries, keys], { device, dtype }, (i) => (i % keys > Math.floor(i / keys) ? hidden : 0));
}
