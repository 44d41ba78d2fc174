/** Functions of one variable, elementwise. Arguments outside of a function's domain give NaN, as in `Math`. */

import { elementwise } from "../elementwise/elementwise.ts";
import * as e from "../elementwise/primitives.ts";
import { UsageError } from "../errors.ts";
import { run } from "../op/dispatch.ts";
import type { Tensor } from "../tensor/tensor.ts";

const positive = { ranges: [[0.5, 2] as const] };

const expOp = /* @__PURE__ */ elementwise("exp", (x) => e.exp(x));
const expm1Op = /* @__PURE__ */ elementwise("expm1", (x) => e.expm1(x));
const logOp = /* @__PURE__ */ elementwise("log", (x) => e.log(x), positive);
const log1pOp = /* @__PURE__ */ elementwise("log1p", (x) => e.log1p(x), positive);
const sqrtOp = /* @__PURE__ */ elementwise("sqrt", (x) => e.sqrt(x), positive);
const squareOp = /* @__PURE__ */ elementwise("square", (x) => e.square(x));
const reciprocalOp = /* @__PURE__ */ elementwise("reciprocal", (x) => e.div(e.constant(1), x), positive);
const absOp = /* @__PURE__ */ elementwise("abs", (x) => e.abs(x), { distinct: true });
const signOp = /* @__PURE__ */ elementwise("sign", (x) => e.sign(x), { distinct: true });
const floorOp = /* @__PURE__ */ elementwise("floor", (x) => e.floor(x), { distinct: true });
const sinOp = /* @__PURE__ */ elementwise("sin", (x) => e.sin(x));
const cosOp = /* @__PURE__ */ elementwise("cos", (x) => e.cos(x));
const erfOp = /* @__PURE__ */ elementwise("erf", (x) => e.erf(x));
const clampOp = /* @__PURE__ */ elementwise("clamp", (x) => e.min(e.max(x, e.parameter("low")), e.parameter("high")), {
  parameters: { low: -1, high: 0.5 },
  distinct: true,
});

/** eˣ. */
export const exp = (x: Tensor): Tensor => run(expOp, [x], {});
/** eˣ − 1, precise near 0. */
export const expm1 = (x: Tensor): Tensor => run(expm1Op, [x], {});
/** The natural logarithm; −Infinity at 0, NaN below. */
export const log = (x: Tensor): Tensor => run(logOp, [x], {});
/** log(1 + x), precise near 0. */
export const log1p = (x: Tensor): Tensor => run(log1pOp, [x], {});
/** √x; NaN below 0. Its derivative at 0 is infinite. */
export const sqrt = (x: Tensor): Tensor => run(sqrtOp, [x], {});
/** x². */
export const square = (x: Tensor): Tensor => run(squareOp, [x], {});
/** 1 / x. */
export const reciprocal = (x: Tensor): Tensor => run(reciprocalOp, [x], {});
/** |x|; its derivative at 0 is 0. */
export const abs = (x: Tensor): Tensor => run(absOp, [x], {});
/** −1, 0 or 1; its derivative is 0. */
export const sign = (x: Tensor): Tensor => run(signOp, [x], {});
/** The largest whole number ≤ x; its derivative is 0. */
export const floor = (x: Tensor): Tensor => run(floorOp, [x], {});
/** The sine. */
export const sin = (x: Tensor): Tensor => run(sinOp, [x], {});
/** The cosine. */
export const cos = (x: Tensor): Tensor => run(cosOp, [x], {});
/** The error function, 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf = (x: Tensor): Tensor => run(erfOp, [x], {});

/**
 * x held within [low, high]; the gradient passes where x is inside or on the bounds. NaN stays NaN.
 *
 * @throws {UsageError} low > high
 */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) {
    throw new UsageError({
      where: "clamp",
      problem: "bounds are out of order",
      expected: "low ≤ high",
      got: [low, high],
    });
  }
  return run(clampOp, [x], { low, high });
}
