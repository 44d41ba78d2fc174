/** Activation functions as layers. */

import {
  elu as eluOp,
  gelu as geluOp,
  geluTanh as geluTanhOp,
  leakyRelu as leakyReluOp,
  relu as reluOp,
  sigmoid as sigmoidOp,
  silu as siluOp,
  softmax as softmaxOp,
  softplus as softplusOp,
  type Tensor,
  tanh as tanhOp,
} from "@kronograd/tensor";
import type { Layer } from "../layer.ts";

const activation = (kind: string, f: (x: Tensor) => Tensor, options?: object): Layer => ({
  kind,
  options,
  forward: f,
});

/** Keep what is above 0: max(0, x). */
export const relu = (): Layer => activation("relu", reluOp);
/** Multiply what is below 0 by a small slope (default 0.01). */
export const leakyRelu = (slope = 0.01): Layer => activation("leakyRelu", (x) => leakyReluOp(x, { slope }), { slope });
/** Bend what is below 0 to alpha · (eˣ − 1) (default 1). */
export const elu = (alpha = 1): Layer => activation("elu", (x) => eluOp(x, { alpha }), { alpha });
/** Take the hyperbolic tangent. */
export const tanh = (): Layer => activation("tanh", tanhOp);
/** Take 1 / (1 + e⁻ˣ). */
export const sigmoid = (): Layer => activation("sigmoid", sigmoidOp);
/** Take log(1 + eˣ). */
export const softplus = (): Layer => activation("softplus", softplusOp);
/** Take x · sigmoid(x), also called swish. */
export const silu = (): Layer => activation("silu", siluOp);
/** Take x · Φ(x), Φ the normal distribution function; `tanh: true` takes its approximation. */
export const gelu = ({ tanh = false }: { readonly tanh?: boolean } = {}): Layer =>
  activation("gelu", tanh ? geluTanhOp : geluOp, { tanh });
/** Turn scores along an axis (default: the last) into probabilities. Losses on logits do this themselves. */
export const softmax = (axis = -1): Layer => activation("softmax", (x) => softmaxOp(x, axis), { axis });
