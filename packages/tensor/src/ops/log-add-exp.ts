/**
 * log(eˣ + eʸ) without overflow: the larger of the two, plus log(1 + e^−|x − y|). Written with a branch and not with
 * maximum and |x − y|, so that where x = y the derivatives are ½ and ½, and those of higher order hold too.
 */

import { elementwise } from "../elementwise/elementwise.ts";
import * as e from "../elementwise/primitives.ts";
import { type Operable, runMixed } from "../elementwise/scalar-or-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

const logAddExpOp = /* @__PURE__ */ elementwise("logAddExp", (x, y) => {
  const apart = e.sub(x, y);
  const larger = e.select(
    e.greater(x, y),
    e.add(x, e.softplus(e.sub(y, x))),
    e.add(y, e.softplus(apart)), // also at a tie
  );
  // the difference of two equal infinities is NaN; their half sum is the result, and has its derivatives
  return e.select(e.equal(apart, apart), larger, e.mul(e.constant(0.5), e.add(x, y)));
});

/**
 * log(eˣ + eʸ) elementwise, broadcasting: the sum of two numbers that are known by their logarithms.
 *
 * @throws {ShapeError} the shapes do not broadcast
 * @example
 * logAddExp(tensor([1000]), 1000);   // [1000.6931]
 */
export const logAddExp = (x: Operable, y: Operable): Tensor => runMixed(logAddExpOp, x, y);
