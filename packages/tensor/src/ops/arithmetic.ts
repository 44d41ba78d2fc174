/** Arithmetic with broadcasting; a plain number takes the other side's dtype. */

import { full } from "../create.ts";
import { type ElementwiseOp, elementwise } from "../elementwise.ts";
import { run } from "../op.ts";
import type { Tensor } from "../tensor.ts";

export const addOp = elementwise("add", (e, x, y) => e.add(x, y));
export const subOp = elementwise("sub", (e, x, y) => e.sub(x, y));
export const mulOp = elementwise("mul", (e, x, y) => e.mul(x, y));
export const divOp = elementwise("div", (e, x, y) => e.div(x, y), {
  ranges: [
    [-2, 2],
    [0.5, 2],
  ],
});
export const powOp = elementwise("pow", (e, x, y) => e.pow(x, y), {
  ranges: [
    [0.5, 2],
    [-2, 2],
  ],
});
export const maximumOp = elementwise("maximum", (e, x, y) => e.max(x, y), {
  ranges: [
    [-2, 0],
    [0.1, 2],
  ],
});
export const minimumOp = elementwise("minimum", (e, x, y) => e.min(x, y), {
  ranges: [
    [-2, 0],
    [0.1, 2],
  ],
});
export const negOp = elementwise("neg", (e, x) => e.neg(x));
export const scaleOp = elementwise("scale", (e, x) => e.mul(e.parameter("factor"), x), {
  parameters: { factor: -1.5 },
});
export const shiftOp = elementwise("shift", (e, x) => e.add(x, e.parameter("amount")), { parameters: { amount: 0.5 } });

/** A tensor, or a number that stands for a scalar tensor beside one. */
export type Operable = Tensor | number;

function binary(op: ElementwiseOp, x: Operable, y: Operable): Tensor {
  if (typeof x === "number" && typeof y === "number") return run(op, [full([], x), full([], y)], {});
  const like = (typeof x === "number" ? y : x) as Tensor;
  const lift = (value: Operable) =>
    typeof value === "number"
      ? full([], value, {
          device: like.device,
          dtype: like.dtype === "int32" && !Number.isInteger(value) ? "float32" : like.dtype,
        })
      : value;
  return run(op, [lift(x), lift(y)], {});
}

/** x + y, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const add = (x: Operable, y: Operable): Tensor => binary(addOp, x, y);
/** x − y, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const sub = (x: Operable, y: Operable): Tensor => binary(subOp, x, y);
/** x · y elementwise, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const mul = (x: Operable, y: Operable): Tensor => binary(mulOp, x, y);
/** x / y elementwise, broadcasting; int32 operands give float32. @throws {ShapeError} the shapes do not broadcast */
export const div = (x: Operable, y: Operable): Tensor => binary(divOp, x, y);
/** xʸ elementwise, broadcasting. @throws {ShapeError} the shapes do not broadcast */
export const pow = (x: Operable, y: Operable): Tensor => binary(powOp, x, y);
/** The larger of x and y elementwise, broadcasting; NaN wins; at a tie the gradient goes to x. */
export const maximum = (x: Operable, y: Operable): Tensor => binary(maximumOp, x, y);
/** The smaller of x and y elementwise, broadcasting; NaN wins; at a tie the gradient goes to x. */
export const minimum = (x: Operable, y: Operable): Tensor => binary(minimumOp, x, y);
/** −x. */
export const neg = (x: Tensor): Tensor => run(negOp, [x], {});
/** factor · x, for a number known now; one pass, no scalar tensor. */
export const scale = (x: Tensor, factor: number): Tensor => run(scaleOp, [x], { factor });
/** x + amount, for a number known now; one pass, no scalar tensor. */
export const shift = (x: Tensor, amount: number): Tensor => run(shiftOp, [x], { amount });
