/** Pooling over windows of images [N, C, H, W], and over the positions of sequences, as layers. */

import {
  avgPool2d as avgPool2dOp,
  cast,
  div,
  globalAvgPool2d as globalAvgPool2dOp,
  maximum,
  maxPool2d as maxPool2dOp,
  mean,
  mul,
  type PairLike,
  type Pool2dOptions,
  reshape,
  sum,
} from "@kronograd/tensor";
import type { Layer } from "../layer.ts";

type WindowOptions = Omit<Pool2dOptions, "kernel">;

/**
 * Take the largest value of each window: [N, C, H, W] → [N, C, oh, ow]. Windows do not overlap unless `stride` says so.
 *
 * @example
 * maxPool2d(3, { stride: 2, padding: 1 });
 */
export function maxPool2d(kernel: PairLike, options: WindowOptions = {}): Layer {
  const all = { kernel, ...options };
  return { kind: "pool", options: all, forward: (x) => maxPool2dOp(x, all) };
}

/** Average each window: [N, C, H, W] → [N, C, oh, ow]. Padding counts as zeros unless `countIncludePad` is false. */
export function avgPool2d(
  kernel: PairLike,
  options: WindowOptions & { readonly countIncludePad?: boolean } = {},
): Layer {
  const all = { kernel, ...options };
  return { kind: "pool", options: all, forward: (x) => avgPool2dOp(x, all) };
}

/** Average each channel over all its pixels: [N, C, H, W] → [N, C]. */
export function globalAvgPool2d(): Layer {
  return { kind: "pool", forward: globalAvgPool2dOp };
}

/** Average the positions of sequences, of those that the mode's mask has where there is one: [B, S, …] → [B, …]. */
export function meanOverPositions(): Layer {
  return {
    kind: "pool",
    forward(x, { mask }) {
      if (mask === undefined) return mean(x, 1);
      const there = reshape(cast(mask, x.dtype), [...mask.shape, ...x.shape.slice(2).map(() => 1)]);
      return div(sum(mul(x, there), 1), maximum(sum(there, 1), 1)); // of a sequence without positions: 0
    },
  };
}
