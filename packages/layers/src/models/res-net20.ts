/**
 * ResNet-20 for 32 × 32 images: three stages of three blocks with 16, 32 and 64 channels.
 *
 * Where a stage halves the image and doubles the channels, the shortcut keeps every second pixel and adds channels of
 * zeros (option A of the paper), so that shortcuts have no parameters.
 */

import { add, pad, slice, type Tensor } from "@kronograd/tensor";
import type { Layer } from "../layer.ts";
import { relu } from "../layers/activations.ts";
import { BatchNorm } from "../layers/batch-norm.ts";
import { Conv2d } from "../layers/conv2d.ts";
import { Dense } from "../layers/dense.ts";
import { globalAvgPool2d } from "../layers/pooling.ts";
import { model } from "../model.ts";
import type { ModelOptions } from "../model-tree.ts";
import { Sequential } from "../sequential.ts";

/** Options of `resNet20`. */
export interface ResNet20Options extends ModelOptions {
  /** Channels of the images; default 3. */
  readonly in?: number;
  /** Default 10. */
  readonly classes?: number;
}

/**
 * Build ResNet-20: x [N, in, H, W] → [N, classes]; 269 722 parameters for colour images and 10 classes.
 *
 * @source He et al. (2016), "Deep residual learning for image recognition", §4.2, with shortcuts of option A
 * @example
 * resNet20({ rng: new Rng(0) });
 */
export function resNet20({ in: channels = 3, classes = 10, ...options }: ResNet20Options = {}): Sequential {
  return new Sequential(
    {
      conv: convolution(channels, 16, 1),
      norm: new BatchNorm({ features: 16 }),
      relu: relu(),
      stage1: stage(16, 16),
      stage2: stage(16, 32),
      stage3: stage(32, 64),
      pool: globalAvgPool2d(),
      dense: new Dense({ in: 64, out: classes }),
    },
    options,
  );
}

function stage(channels: number, out: number): Layer {
  return new Sequential([block(channels, out), block(out, out), block(out, out)]);
}

function block(channels: number, out: number): Layer {
  const stride = out / channels;
  return model(
    {
      conv1: convolution(channels, out, stride),
      norm1: new BatchNorm({ features: out }),
      conv2: convolution(out, out, 1),
      norm2: new BatchNorm({ features: out }),
      relu: relu(),
    },
    (x, { conv1, norm1, conv2, norm2, relu }) =>
      relu(add(norm2(conv2(relu(norm1(conv1(x))))), shortcut(x, stride, out))),
  );
}

/** A norm follows, so a bias would have no effect. */
function convolution(channels: number, out: number, stride: number): Layer {
  return new Conv2d({ in: channels, out, kernel: 3, stride, padding: 1, bias: false });
}

/** Every stride-th pixel, and zeros on both sides of the channels. */
function shortcut(x: Tensor, stride: number, out: number): Tensor {
  if (stride === 1) return x;
  const every = [undefined, undefined, stride] as const;
  const extra = (out - (x.shape[1] as number)) / 2;
  return pad(slice(x, [null, null, every, every]), [[0, 0], [extra, extra], [0, 0], [0, 0]]); // biome-ignore format: one pair an axis
}
