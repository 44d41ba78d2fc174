/** Activation functions: each is its formula, from which the gradient follows. NaN stays NaN. */

import { elementwise } from "../elementwise/elementwise.ts";
import * as e from "../elementwise/primitives.ts";
import { run } from "../op/dispatch.ts";
import type { Tensor } from "../tensor/tensor.ts";

// max(0, x), not max(x, 0): at a tie the gradient goes to the first, so relu′(0) = 0; and only the result is kept for it
const reluOp = /* @__PURE__ */ elementwise("relu", (x) => e.max(e.constant(0), x), { distinct: true });
const leakyReluOp = /* @__PURE__ */ elementwise(
  "leakyRelu",
  (x) => e.select(e.greater(x, e.constant(0)), x, e.mul(e.parameter("slope"), x)),
  { parameters: { slope: 0.1 }, distinct: true },
);
const eluOp = /* @__PURE__ */ elementwise(
  "elu",
  (x) => e.select(e.greater(x, e.constant(0)), x, e.mul(e.parameter("alpha"), e.expm1(x))),
  { parameters: { alpha: 0.7 }, distinct: true },
);
const hardtanhOp = /* @__PURE__ */ elementwise("hardtanh", (x) => e.min(e.max(x, e.constant(-1)), e.constant(1)), {
  distinct: true,
});
const tanhOp = /* @__PURE__ */ elementwise("tanh", (x) => e.tanh(x));
const sigmoidOp = /* @__PURE__ */ elementwise("sigmoid", (x) => e.sigmoid(x));
const softplusOp = /* @__PURE__ */ elementwise("softplus", (x) => e.softplus(x));
const siluOp = /* @__PURE__ */ elementwise("silu", (x) => e.mul(x, e.sigmoid(x)));
const geluOp = /* @__PURE__ */ elementwise("gelu", (x) =>
  e.mul(e.mul(e.constant(0.5), x), e.add(e.constant(1), e.erf(e.mul(e.constant(Math.SQRT1_2), x)))),
);
const geluTanhOp = /* @__PURE__ */ elementwise("geluTanh", (x) => {
  const inner = e.add(x, e.mul(e.constant(0.044715), e.mul(x, e.square(x))));
  const t = e.tanh(e.mul(e.constant(Math.sqrt(2 / Math.PI)), inner));
  return e.mul(e.mul(e.constant(0.5), x), e.add(e.constant(1), t));
});

/** max(0, x); its derivative at 0 is 0. */
export const relu = (x: Tensor): Tensor => run(reluOp, [x], {});
/** x where x > 0, slope · x elsewhere. */
export const leakyRelu = (x: Tensor, { slope = 0.01 }: { slope?: number } = {}): Tensor =>
  run(leakyReluOp, [x], { slope });
/** x where x > 0, alpha · (eˣ − 1) elsewhere. Source: Clevert, Unterthiner & Hochreiter (2016), eq. 15. */
export const elu = (x: Tensor, { alpha = 1 }: { alpha?: number } = {}): Tensor => run(eluOp, [x], { alpha });
/** x held within [−1, 1]. */
export const hardtanh = (x: Tensor): Tensor => run(hardtanhOp, [x], {});
/** The hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => run(tanhOp, [x], {});
/** 1 / (1 + e⁻ˣ), without overflow. */
export const sigmoid = (x: Tensor): Tensor => run(sigmoidOp, [x], {});
/** log(1 + eˣ), without overflow. */
export const softplus = (x: Tensor): Tensor => run(softplusOp, [x], {});
/** x · sigmoid(x), also called swish. */
export const silu = (x: Tensor): Tensor => run(siluOp, [x], {});
/** x · Φ(x) with the exact normal distribution function. Source: Hendrycks & Gimpel (2016), §2. */
export const gelu = (x: Tensor): Tensor => run(geluOp, [x], {});
/** The tanh approximation of `gelu`. Source: Hendrycks & Gimpel (2016), §2. */
export const geluTanh = (x: Tensor): Tensor => run(geluTanhOp, [x], {});
