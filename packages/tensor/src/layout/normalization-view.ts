/** An input of normalisation as [N, K, C, S]: batch, groups, channels of a group, positions. */

import { type Shape, sizeOf } from "../tensor/shape.ts";

/** Sizes of the view, and its sets: what shares one mean and one variance. */
export interface NormalizationView {
  readonly shape: readonly [N: number, K: number, C: number, S: number];
  readonly channels: number;
  readonly sets: number;
  /** Elements of a set. */
  readonly setSize: number;
}

/**
 * The view of an input [N, K·C, …].
 *
 * @param overBatch  a set is a channel of all images (batch normalisation), else a group of channels of one image
 */
export function normalizationView(
  [batch, channels, ...positions]: Shape,
  groups: number,
  overBatch: boolean,
): NormalizationView {
  const [N, K, C, S] = [batch as number, groups, (channels as number) / groups, sizeOf(positions)];
  return {
    shape: [N, K, C, S],
    channels: channels as number,
    sets: overBatch ? (channels as number) : N * K,
    setSize: overBatch ? N * S : C * S,
  };
}
