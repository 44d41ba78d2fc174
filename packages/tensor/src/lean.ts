/**
 * `@kronograd/tensor/lean`: ops of which a training step needs the first derivative alone. They run the same loops and kernels
 * as those of `@kronograd/tensor`, and a program that never differentiates a gradient is smaller with them.
 */

import type { SoftmaxCrossEntropyOptions } from "./ops/parts/cross-entropy.ts";
import { crossEntropyGradient, crossEntropyWith, runCrossEntropy } from "./ops/parts/cross-entropy.ts";
import type { Tensor } from "./tensor/tensor.ts";

const gradientOp = {
  ...crossEntropyGradient,
  noVjp: "lean ops have first derivatives alone",
};
const lossOp = /* @__PURE__ */ crossEntropyWith(gradientOp);

/** `softmaxCrossEntropy` of `@kronograd/tensor`, with first derivatives alone. */
export const softmaxCrossEntropy = (logits: Tensor, labels: Tensor, options?: SoftmaxCrossEntropyOptions): Tensor =>
  runCrossEntropy(lossOp, logits, labels, options);
