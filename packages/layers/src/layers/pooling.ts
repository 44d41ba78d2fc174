/** Pooling over windows of images [N, C, H, W] as layers. */

import {
  avgPool2d as avgPool2dOp,
  globalAvgPool2d as globalAvgPool2dOp,
  maxPool2d as maxPool2dOp,
  type PairLike,
  type Pool2dOptions,
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
