/** A small convolutional net for digits, after LeNet-5, with the widths that optimizer comparisons use. */

import { relu } from "../layers/activations.ts";
import { Conv2d } from "../layers/conv2d.ts";
import { Dense } from "../layers/dense.ts";
import { maxPool2d } from "../layers/pooling.ts";
import { flatten } from "../layers/reshaping.ts";
import type { ModelOptions } from "../model-tree.ts";
import { Sequential } from "../sequential.ts";

/** Options of `leNet`. */
export interface LeNetOptions extends ModelOptions {
  /** Channels of the images; default 1. */
  readonly in?: number;
  /** Height and width of the images; default 28. */
  readonly size?: number;
  /** Default 10. */
  readonly classes?: number;
  /** Of both convolutions: 2 (default) keeps the size, 0 shrinks it by 4. */
  readonly padding?: 0 | 2;
}

/**
 * Build the net 16@5×5, pool, 32@5×5, pool, 128, classes: x [N, in, size, size] → [N, classes].
 *
 * For 28 × 28 images it has 215 370 parameters with padding 2, and 80 202 without.
 *
 * @throws {UsageError} the images are too small for two poolings
 * @source after LeCun et al. (1998), "Gradient-based learning applied to document recognition", §II.B
 * @example
 * leNet({ rng: new Rng(0) });
 */
export function leNet({
  in: channels = 1,
  size = 28,
  classes = 10,
  padding = 2,
  ...options
}: LeNetOptions = {}): Sequential {
  const pooled = (n: number) => Math.floor((n + 2 * padding - 4) / 2);
  const side = pooled(pooled(size));
  return new Sequential(
    [
      new Conv2d({ in: channels, out: 16, kernel: 5, padding }),
      relu(),
      maxPool2d(2),
      new Conv2d({ in: 16, out: 32, kernel: 5, padding }),
      relu(),
      maxPool2d(2),
      flatten(),
      new Dense({ in: 32 * side * side, out: 128 }),
      relu(),
      new Dense({ in: 128, out: classes }),
    ],
    options,
  );
}
