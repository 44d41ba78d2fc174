/** Axes in another order, as a view. */

import { UsageError } from "../errors.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { permutation } from "../tensor/rng.ts";
import { normalizeAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The op behind `permute`. */
export const permuteOp = /* @__PURE__ */ defineOp<{ readonly order: readonly number[] }>({
  name: "permute",
  view: (x, { order }) => ({
    shape: order.map((axis) => x.shape[axis] as number),
    strides: order.map((axis) => x.strides[axis] as number),
    offset: x.offset,
  }),
  vjp: {
    pull([cotangent], _, { order }) {
      const inverse = new Array<number>(order.length);
      order.forEach((axis, i) => {
        inverse[axis] = i;
      });
      return [permute(cotangent, inverse)];
    },
  },
});

/* @__PURE__ */ sampled(permuteOp, (rng) => {
  const shape = Array.from({ length: 1 + rng.integer(4) }, () => 1 + rng.integer(3));
  return { inputs: [{ shape }], params: { order: [...permutation(rng, shape.length)] } };
});

/**
 * Put the axes in another order: result axis i is axis order[i] of x. No copy.
 *
 * @throws {UsageError} order is not a permutation of the axes
 * @example
 * permute(ones([2, 3, 4]), [2, 0, 1]).shape;   // [4, 2, 3]
 */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const axes = order.map((axis) => normalizeAxis("permute", axis, x.rank));
  if (new Set(axes).size !== x.rank || axes.length !== x.rank) {
    throw new UsageError({ where: "permute", problem: `order must name each of the ${x.rank} axes once`, got: order });
  }
  return run(permuteOp, [x], { order: axes });
}

/** Swap the last two axes (of a matrix, or of a batch of matrices). No copy. */
export function transpose(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  if (axes.length < 2)
    throw new UsageError({
      where: "transpose",
      problem: "needs at least two axes",
      got: x.shape,
      help: "Use permute or reshape.",
    });
  const last = axes.length - 1;
  [axes[last - 1], axes[last]] = [last, last - 1];
  return permute(x, axes);
}
