/** Parameters of ops as their kernels are given them. */

import type { SoftmaxCrossEntropyOptions } from "../ops/softmax-cross-entropy.ts";

export type { Four, Pair, Window } from "../layout/window.ts";
export type { Reduced } from "../loops/sums.ts";
export type { Normalization } from "../ops/parts/normalization.ts";

/** Parameters of softmaxCrossEntropy and its gradient. */
export type SoftmaxCrossEntropyParams = Required<SoftmaxCrossEntropyOptions>;

/** Parameters of softmax and logSoftmax. */
export interface AlongAxis {
  readonly axis: number;
}
