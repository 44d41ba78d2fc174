/** Expressions differentiate themselves: the chain rule over the derivatives of their words. */

import { type Expression, isZero, one, zero } from "./expression.ts";
import { add, mul, select } from "./primitives.ts";

/** ∂root/∂input(index), or null where it is identically 0. Shared subexpressions are differentiated once. */
export function differentiate(root: Expression, index: number): Expression | null {
  const memo = new Map<Expression, Expression>();
  const visit = (x: Expression): Expression => {
    const known = memo.get(x);
    if (known !== undefined) return known;
    const result = chainRule(x);
    memo.set(x, result);
    return result;
  };
  const chainRule = (x: Expression): Expression => {
    if (x.op === "input") return x.value === index ? one : zero;
    if (x.op === "parameter" || x.op === "constant") return zero;
    if (x.op === "select") {
      const [condition, yes, no] = x.args as [Expression, Expression, Expression];
      return select(condition, visit(yes), visit(no)); // not c·x′ + (1−c)·y′: the branch not taken may be ∞
    }
    const partials = x.primitive!.derivatives(x, ...x.args);
    let sum = zero;
    x.args.forEach((argument, i) => {
      const partial = partials[i];
      const inner = partial === null || partial === undefined ? zero : visit(argument);
      if (!isZero(inner)) sum = add(sum, mul(inner, partial as Expression));
    });
    return sum;
  };
  const result = visit(root);
  return isZero(result) ? null : result;
}
