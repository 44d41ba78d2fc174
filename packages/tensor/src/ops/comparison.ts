/** Comparisons, elementwise with broadcasting: int32 truth values, 1 or 0. A comparison with NaN is false. */

import { type ElementwiseOp, elementwise } from "../elementwise/elementwise.ts";
import type { Expression } from "../elementwise/expression.ts";
import * as e from "../elementwise/primitives.ts";
import { type Operable, runMixed } from "../elementwise/scalar-or-tensor.ts";
import { run } from "../op/dispatch.ts";
import type { Tensor } from "../tensor/tensor.ts";

function comparison(name: string, build: (x: Expression, y: Expression) => Expression): ElementwiseOp {
  return elementwise(name, build, { noVjp: "truth values are piecewise constant" });
}

const greaterOp = /* @__PURE__ */ comparison("greater", (x, y) => e.greater(x, y));
const greaterEqualOp = /* @__PURE__ */ comparison("greaterEqual", (x, y) => e.greaterEqual(x, y));
const lessOp = /* @__PURE__ */ comparison("less", (x, y) => e.greater(y, x));
const lessEqualOp = /* @__PURE__ */ comparison("lessEqual", (x, y) => e.greaterEqual(y, x));
const equalOp = /* @__PURE__ */ comparison("equal", (x, y) => e.equal(x, y));
const notEqualOp = /* @__PURE__ */ comparison("notEqual", (x, y) => e.equal(e.equal(x, y), e.constant(0)));
const isFiniteOp = /* @__PURE__ */ elementwise("isFinite", (x) => e.equal(e.sub(x, x), e.constant(0)), {
  noVjp: "truth values are piecewise constant",
});
const whereOp = /* @__PURE__ */ elementwise("where", (condition, x, y) => e.select(condition, x, y), {
  ranges: [[0, 2]],
  int32: [0],
});

/** x > y. */
export const greater = (x: Operable, y: Operable): Tensor => runMixed(greaterOp, x, y);
/** x ≥ y. */
export const greaterEqual = (x: Operable, y: Operable): Tensor => runMixed(greaterEqualOp, x, y);
/** x < y. */
export const less = (x: Operable, y: Operable): Tensor => runMixed(lessOp, x, y);
/** x ≤ y. */
export const lessEqual = (x: Operable, y: Operable): Tensor => runMixed(lessEqualOp, x, y);
/** x = y. */
export const equal = (x: Operable, y: Operable): Tensor => runMixed(equalOp, x, y);
/** x ≠ y; true for NaN. */
export const notEqual = (x: Operable, y: Operable): Tensor => runMixed(notEqualOp, x, y);
/** Whether x is neither NaN nor infinite. */
export const finite = (x: Tensor): Tensor => run(isFiniteOp, [x], {});

/**
 * x where the condition is not 0, y elsewhere, broadcasting. The gradient goes to the side that was taken.
 *
 * @param condition  [any]  truth values; no gradient flows into it
 * @example
 * where(greater(x, 0), x, 0);   // relu
 */
export const where = (condition: Tensor, x: Operable, y: Operable): Tensor => runMixed(whereOp, condition, x, y);
