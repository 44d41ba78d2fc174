/**
 * Derivatives of gradients that are ops of their own, apart from these ops, so that a program that takes first derivatives
 * alone (a training step) holds none of them.
 */

import { conv2dHigherOrder } from "./higher-order/conv2d.ts";
import { maxPoolHigherOrder } from "./higher-order/max-pool2d.ts";
import { crossEntropyHigherOrder } from "./higher-order/softmax-cross-entropy.ts";

export { maxPoolGather, maxPoolGatherOp } from "./higher-order/max-pool2d.ts";

let isDone = false;

/**
 * Let gradients be differentiated in their turn. `grad`, `vjp`, `jvp`, `hvp` and `ggnvp` do it; only a `valueAndGrad` around
 * another one needs the call.
 */
export function higherOrder(): void {
  if (isDone) return;
  isDone = true;
  conv2dHigherOrder();
  maxPoolHigherOrder();
  crossEntropyHigherOrder();
}
