/**
 * Sums over axes, and broadcasting, which is their transpose: each is the other's vector–Jacobian product.
 */

import { ShapeError } from "../errors.ts";
import { defineOp, run, type Spec } from "../op.ts";
import { broadcastShapes, broadcastStrides, type Layout, normalizeAxes, sameShape, type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { reshape } from "./reshape.ts";

/** Sorted axes ≥ 0 that vanish from the shape. */
interface Axes {
  readonly axes: readonly number[];
}

/** The shape without some axes. */
export function without(shape: Shape, axes: readonly number[]): number[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/**
 * Walk a strided array as a matrix: one row for each kept index (row-major), `visit` gets the positions of its reduced
 * elements in ascending order through one reused array.
 */
export function forEachRow(layout: Layout, axes: readonly number[], visit: (row: number, positions: Int32Array) => void): void {
  const offsets = positionsOf(layout, axes);
  const kept = layout.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const starts = positionsOf(layout, kept);
  const positions = new Int32Array(offsets.length);
  for (let row = 0; row < starts.length; row++) {
    const start = layout.offset + (starts[row] as number);
    for (let i = 0; i < offsets.length; i++) positions[i] = start + (offsets[i] as number);
    visit(row, positions);
  }
}

/** Distances from the first element of all index combinations of some axes, row-major. */
function positionsOf({ shape, strides }: Layout, axes: readonly number[]): Int32Array {
  let result = Int32Array.of(0);
  for (const axis of axes) {
    const n = shape[axis] as number;
    const stride = strides[axis] as number;
    const next = new Int32Array(result.length * n);
    for (let i = 0, k = 0; i < result.length; i++) for (let j = 0; j < n; j++) next[k++] = (result[i] as number) + j * stride;
    result = next;
  }
  return result;
}

export const sumOp = defineOp<Axes>({
  name: "sum",
  shape: ([x], { axes }) => [{ shape: without((x as Spec).shape, axes), dtype: (x as Spec).dtype }],
  reference([out], [x], { axes }) {
    const { data } = x!;
    forEachRow(x!, axes, (row, positions) => {
      let total = 0;
      for (let i = 0; i < positions.length; i++) total += data[positions[i]!]!;
      out!.data[out!.offset + row] = total;
    });
  },
  vjp: {
    pull([cotangent], { specs }, { axes }) {
      const { shape } = specs[0] as Spec;
      const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
      return [broadcastTo(reshape(cotangent as Tensor, kept), shape)];
    },
  },
  samples(rng) {
    const shape = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(4));
    return { inputs: [{ shape }], params: { axes: shape.map((_, axis) => axis).filter(() => rng.integer(2) === 1) } };
  },
});

/**
 * Sum over axes (default: all).
 *
 * @param x         [any]
 * @param axes      axis or axes; negative ones count from the end
 * @param keepAxes  keep summed axes with size 1
 * @example
 * sum(tensor([[1, 2], [3, 4]]), 0);   // [4, 6]
 */
export function sum(x: Tensor, axes?: number | readonly number[], { keepAxes = false }: { keepAxes?: boolean } = {}): Tensor {
  const list = normalizeAxes("sum", axes, x.rank);
  const result = list.length === 0 ? x : run(sumOp, [x], { axes: list });
  return keepAxes ? reshape(result, x.shape.map((n, axis) => (list.includes(axis) ? 1 : n))) : result;
}

export const broadcastOp = defineOp<{ readonly shape: Shape }>({
  name: "broadcastTo",
  view: (x, { shape }) => ({ shape, strides: broadcastStrides(x, shape), offset: x.offset }),
  vjp: { pull: ([cotangent], { specs }) => [sumTo(cotangent as Tensor, (specs[0] as Spec).shape)] },
  samples(rng) {
    const shape = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(3));
    return { inputs: [{ shape: shape.map((n) => (rng.integer(2) === 0 ? 1 : n)) }], params: { shape } };
  },
});

/**
 * Read a tensor as if it had a larger shape, without a copy.
 *
 * @throws {ShapeError} the shape does not broadcast to the target
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes("broadcastTo", [x.shape, shape]), shape)) {
    throw new ShapeError({ where: "broadcastTo", problem: "target shape is smaller", expected: `at least [${x.shape.join(", ")}]`, got: shape });
  }
  return run(broadcastOp, [x], { shape });
}

/** Sum a tensor down to a shape that broadcasts to its own: the transpose of `broadcastTo`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis < lead || (shape[axis - lead] === 1 && x.shape[axis] !== 1));
  const summed = axes.length === 0 ? x : run(sumOp, [x], { axes });
  return sizeOf(summed.shape) === sizeOf(shape) ? reshape(summed, shape) : summed;
}
