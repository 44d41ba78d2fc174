/**
 * The commonest ops as methods of a tensor: `x.mul(y).sum()` is `sum(mul(x, y))`.
 *
 * `kronograd` has them; with the packages by themselves they take `import "@kronograd/tensor/fluent"`. The packages' own code
 * calls functions, so that a program holds the ops that it uses.
 */

import type { Operable } from "./elementwise/scalar-or-tensor.ts";
import { add, div, mul, neg, scale, sub } from "./ops/arithmetic.ts";
import { matmul } from "./ops/matmul.ts";
import { mean } from "./ops/mean.ts";
import { permute, transpose } from "./ops/permute.ts";
import { reshape } from "./ops/reshape.ts";
import { type ReductionOptions, sum } from "./ops/sum-broadcast.ts";
import type { Shape } from "./tensor/shape.ts";
import { Tensor } from "./tensor/tensor.ts";

declare module "./tensor/tensor.ts" {
  interface Tensor {
    /** This + y, broadcasting. */
    add(y: Operable): Tensor;
    /** This − y, broadcasting. */
    sub(y: Operable): Tensor;
    /** This · y elementwise, broadcasting. */
    mul(y: Operable): Tensor;
    /** This / y elementwise, broadcasting. */
    div(y: Operable): Tensor;
    /** −this. */
    neg(): Tensor;
    /** factor · this, for a number known now. */
    scale(factor: number): Tensor;
    /** The matrix product with y, batched over leading axes. */
    matmul(y: Tensor): Tensor;
    /** The last two axes swapped, as a view. */
    transpose(): Tensor;
    /** The axes in another order, as a view. */
    permute(order: readonly number[]): Tensor;
    /** Another shape; one size may be −1. */
    reshape(shape: Shape): Tensor;
    /** The sum over axes (default: all). */
    sum(axes?: number | readonly number[], options?: ReductionOptions): Tensor;
    /** The mean over axes (default: all). */
    mean(axes?: number | readonly number[], options?: ReductionOptions): Tensor;
  }
}

const ops = { add, sub, mul, div, neg, scale, matmul, transpose, permute, reshape, sum, mean };
for (const [name, op] of Object.entries(ops)) {
  const value = function (this: Tensor, ...rest: unknown[]) {
    return (op as (x: Tensor, ...rest: unknown[]) => Tensor)(this, ...rest);
  };
  Object.defineProperty(Tensor.prototype, name, { value });
}
