/** Another shape for the same elements in row-major order: a view where the layout allows, else a copy. */

import { ShapeError } from "../errors.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { scope } from "../tensor/scope.ts";
import { reshapeStrides, type Shape, sameShape, sizeOf } from "../tensor/shape.ts";
import { alias, type Tensor } from "../tensor/tensor.ts";
import { copy } from "./contiguous.ts";

/** The op behind `reshape`, for layouts that need no copy. */
export const reshapeOp = /* @__PURE__ */ defineOp<{ readonly shape: Shape }>({
  name: "reshape",
  view: (x, { shape }) => ({ shape, strides: reshapeStrides(x, shape) as number[], offset: x.offset }),
  vjp: { pull: ([cotangent], { specs }) => [reshape(cotangent, specs[0].shape)] },
});

/* @__PURE__ */ sampled(reshapeOp, (rng) => {
  const [a, b, c] = [1 + rng.integer(3), 1 + rng.integer(3), 1 + rng.integer(3)];
  return { inputs: [{ shape: [a, b, c], contiguous: true }], params: { shape: [a * b, c] } };
});

/**
 * Give the elements another shape; one size may be −1 and is worked out.
 *
 * @throws {ShapeError} the sizes hold another number of elements
 * @cost free where the layout allows a view (always for a contiguous tensor), else one copy
 * @example
 * reshape(ones([2, 3, 4]), [2, -1]).shape;   // [2, 12]
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const target = inferred(x, shape);
  if (sameShape(target, x.shape)) return alias(x);
  const view = (source: Tensor) => run(reshapeOp, [source], { shape: target });
  return reshapeStrides(x, target) === null ? scope(() => view(copy(x))) : view(x);
}

function inferred(x: Tensor, shape: Shape): Shape {
  const open = shape.indexOf(-1);
  const known = sizeOf(shape.filter((n) => n !== -1));
  const target = open === -1 ? shape : shape.map((n, axis) => (axis === open ? x.size / known : n));
  if (sizeOf(target) !== x.size || !target.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError({
      where: "reshape",
      problem: `[${x.shape.join(", ")}] has ${x.size} elements, [${shape.join(", ")}] holds another number`,
      details: { from: x.shape, to: shape },
    });
  }
  return target;
}
