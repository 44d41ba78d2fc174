/**
 * Sums over axes, and broadcasting, which is their transpose: each is the other's vector–Jacobian product.
 */

import { ShapeError } from "../errors.ts";
import { withOnes, without } from "../layout/rows.ts";
import { type Reduced, sumLoops } from "../loops/sums.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { scope } from "../tensor/scope.ts";
import { broadcastShapes, broadcastStrides, normalizeAxes, type Shape, sameShape } from "../tensor/shape.ts";
import { alias, type Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";

/** Options of a reduction over axes. */
export interface ReductionOptions {
  /** Keep the reduced axes with size 1. */
  readonly keepdims?: boolean;
}

/** The op behind `sum`. */
export const sumOp = /* @__PURE__ */ defineOp<Reduced, ["x"]>({
  name: "sum",
  shape: ([x], { axes, keep }) => [{ shape: (keep ? withOnes : without)(x.shape, axes), dtype: x.dtype }],
  reference: sumLoops,
  vjp: {
    pull([cotangent], { specs }, { axes }) {
      const { shape } = specs[0];
      return [broadcastTo(reshape(cotangent, withOnes(shape, axes)), shape)];
    },
  },
});

/* @__PURE__ */ sampled(sumOp, (rng) => {
  const shape = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(4));
  const axes = shape.map((_, axis) => axis).filter(() => rng.integer(2) === 1);
  return { inputs: [{ shape }], params: { axes, keep: rng.integer(2) === 1 } };
});

/**
 * Sum over axes (default: all). Floats are summed in float64, in ascending order.
 *
 * @param x         [any]
 * @param axes      axis or axes; negative ones count from the end
 * @throws {UsageError} an axis is out of range or named twice
 * @example
 * sum(tensor([[1, 2], [3, 4]]), 0);   // [4, 6]
 */
export function sum(x: Tensor, axes?: number | readonly number[], { keepdims = false }: ReductionOptions = {}): Tensor {
  const list = normalizeAxes("sum", axes, x.rank);
  return list.length === 0 ? alias(x) : run(sumOp, [x], { axes: list, keep: keepdims });
}

/** The op behind `broadcastTo`. */
export const broadcastOp = /* @__PURE__ */ defineOp<{ readonly shape: Shape }>({
  name: "broadcastTo",
  view: (x, { shape }) => ({ shape, strides: broadcastStrides(x, shape), offset: x.offset }),
  vjp: { pull: ([cotangent], { specs }) => [sumTo(cotangent, specs[0].shape)] },
});

/* @__PURE__ */ sampled(broadcastOp, (rng) => {
  const shape = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(3));
  return { inputs: [{ shape: shape.map((n) => (rng.integer(2) === 0 ? 1 : n)) }], params: { shape } };
});

/**
 * Read a tensor as if it had a larger shape, without a copy.
 *
 * @throws {ShapeError} the shape does not broadcast to the target
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return alias(x);
  if (!sameShape(broadcastShapes("broadcastTo", [x.shape, shape]), shape)) {
    throw new ShapeError({
      where: "broadcastTo",
      problem: "target shape is smaller",
      expected: `at least [${x.shape.join(", ")}]`,
      got: shape,
    });
  }
  return run(broadcastOp, [x], { shape });
}

/**
 * Sum a tensor down to a shape that broadcasts to its own: the transpose of `broadcastTo`.
 *
 * @throws {ShapeError} the target shape does not broadcast to x
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return alias(x);
  const lead = x.rank - shape.length;
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && x.shape[axis] !== 1));
  return scope(() => reshape(sum(x, axes), shape));
}
