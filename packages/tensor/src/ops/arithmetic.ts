/** Arithmetic with broadcasting; a plain number takes the other side's dtype. */

import { elementwise } from "../elementwise/elementwise.ts";
import * as e from "../elementwise/primitives.ts";
import { type Operable, runMixed } from "../elementwise/scalar-or-tensor.ts";
import { run } from "../op/dispatch.ts";
import type { Tensor } from "../tensor/tensor.ts";

const any = [-2, 2] as const;
const positive = [0.5, 2] as const;
const apart = { ranges: [[-2, 0] as const, [0.1, 2] as const] }; // no ties: they have no derivative

const addOp = /* @__PURE__ */ elementwise("add", (x, y) => e.add(x, y));
const subOp = /* @__PURE__ */ elementwise("sub", (x, y) => e.sub(x, y));
/** The op behind `mul`. */
export const mulOp = /* @__PURE__ */ elementwise("mul", (x, y) => e.mul(x, y));
const divOp = /* @__PURE__ */ elementwise("div", (x, y) => e.div(x, y), { ranges: [any, positive] });
const powOp = /* @__PURE__ */ elementwise("pow", (x, y) => e.pow(x, y), { ranges: [positive, any] });
const maximumOp = /* @__PURE__ */ elementwise("maximum", (x, y) => e.max(x, y), apart);
const minimumOp = /* @__PURE__ */ elementwise("minimum", (x, y) => e.min(x, y), apart);
const negOp = /* @__PURE__ */ elementwise("neg", (x) => e.neg(x));
const scaleOp = /* @__PURE__ */ elementwise("scale", (x) => e.mul(e.parameter("factor"), x));
const shiftOp = /* @__PURE__ */ elementwise("shift", (x) => e.add(x, e.parameter("amount")));
/** The op behind `weightedSum`, for those who write its result in place. */
export const weightedSumOp = /* @__PURE__ */ elementwise("weightedSum", (x, y) =>
  e.add(e.mul(e.parameter("a"), x), e.mul(e.parameter("b"), y)),
);
const multiplyAddOp = /* @__PURE__ */ elementwise("multiplyAdd", (x, y, z) => e.add(e.mul(x, y), z));

/** x + y, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const add = (x: Operable, y: Operable): Tensor => runMixed(addOp, x, y);
/** x − y, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const sub = (x: Operable, y: Operable): Tensor => runMixed(subOp, x, y);
/** x · y elementwise, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const mul = (x: Operable, y: Operable): Tensor => runMixed(mulOp, x, y);
/** x / y elementwise, broadcasting; int32 operands give float32. @throws {ShapeError} the shapes do not broadcast */
export const div = (x: Operable, y: Operable): Tensor => runMixed(divOp, x, y);
/** xʸ elementwise, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const pow = (x: Operable, y: Operable): Tensor => runMixed(powOp, x, y);
/** The larger of x and y elementwise, broadcasting; NaN wins; at a tie the gradient goes to x. */
export const maximum = (x: Operable, y: Operable): Tensor => runMixed(maximumOp, x, y);
/** The smaller of x and y elementwise, broadcasting; NaN wins; at a tie the gradient goes to x. */
export const minimum = (x: Operable, y: Operable): Tensor => runMixed(minimumOp, x, y);
/** −x. */
export const neg = (x: Tensor): Tensor => run(negOp, [x], {});
/** factor · x, for a number known now; one pass, no scalar tensor. */
export const scale = (x: Tensor, factor: number): Tensor => run(scaleOp, [x], { factor });
/** x + amount, for a number known now; one pass, no scalar tensor. */
export const shift = (x: Tensor, amount: number): Tensor => run(shiftOp, [x], { amount });
/** a · x + b · y for numbers known now, in one pass, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const weightedSum = (x: Tensor, y: Tensor, a: number, b: number): Tensor => run(weightedSumOp, [x, y], { a, b });
/** x · y + z elementwise in one pass, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const multiplyAdd = (x: Operable, y: Operable, z: Operable): Tensor => runMixed(multiplyAddOp, x, y, z);
