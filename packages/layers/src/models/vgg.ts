/** Stacks of 3 × 3 convolutions between poolings, after VGG. */

import type { Layer } from "../layer.ts";
import { relu } from "../layers/activations.ts";
import { BatchNorm } from "../layers/batch-norm.ts";
import { Conv2d } from "../layers/conv2d.ts";
import { Dense } from "../layers/dense.ts";
import { globalAvgPool2d, maxPool2d } from "../layers/pooling.ts";
import type { ModelOptions } from "../model-tree.ts";
import { Sequential } from "../sequential.ts";

/** Options of `vgg`. */
export interface VggOptions extends ModelOptions {
  /** Channels of the images; default 3. */
  readonly in?: number;
  /** Default 10. */
  readonly classes?: number;
  /** Channels of each convolution, and "pool" between stacks; default the small net 32, 32, pool, 64, 64, pool, 128, 128. */
  readonly plan?: readonly (number | "pool")[];
  /** Batch norm behind each convolution, which then has no bias; default false. */
  readonly norm?: boolean;
}

/**
 * Build stacks of 3 × 3 convolutions with ReLU, then average over all pixels and classify: x [N, in, H, W] → [N, classes].
 *
 * The default plan has 288 298 parameters for colour images and 10 classes.
 *
 * @source after Simonyan & Zisserman (2015), with an average in place of their dense layers
 * @example
 * vgg({ rng: new Rng(0) });
 */
export function vgg({
  in: channels = 3,
  classes = 10,
  plan = smallPlan,
  norm = false,
  ...options
}: VggOptions = {}): Sequential {
  const layers: Layer[] = [];
  let width = channels;
  for (const out of plan) {
    if (out === "pool") {
      layers.push(maxPool2d(2));
      continue;
    }
    layers.push(new Conv2d({ in: width, out, kernel: 3, padding: 1, bias: !norm }));
    if (norm) layers.push(new BatchNorm({ features: out }));
    layers.push(relu());
    width = out;
  }
  return new Sequential([...layers, globalAvgPool2d(), new Dense({ in: width, out: classes })], options);
}

const smallPlan = [32, 32, "pool", 64, 64, "pool", 128, 128] as const;
