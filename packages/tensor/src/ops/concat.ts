/** Tensors joined along an axis, and cut apart again. */

import { ShapeError, UsageError } from "../errors.ts";
import { rowMajor } from "../layout/rows.ts";
import { run } from "../op/dispatch.ts";
import { defineOp, type Spec } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { promote } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import { normalizeAxis, sameShape, sizeOf } from "../tensor/shape.ts";
import { alias, type Tensor } from "../tensor/tensor.ts";
import { expandDims } from "./expand-squeeze.ts";
import { type Range, slice } from "./slice.ts";

const concatOp = /* @__PURE__ */ defineOp<{ readonly axis: number }, string[], ["out"]>({
  name: "concat",
  shape(specs, { axis }) {
    const [first] = specs as readonly [Spec];
    const total = specs.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
    for (const { shape } of specs) {
      if (sameShape(shape.toSpliced(axis, 1), first.shape.toSpliced(axis, 1))) continue;
      throw new ShapeError({
        where: "concat",
        problem: `shapes differ outside of axis ${axis}`,
        expected: first.shape,
        got: shape,
        details: { axis, shapes: specs.map((spec) => spec.shape) },
      });
    }
    return [{ shape: first.shape.with(axis, total), dtype: promote("concat", specs) }];
  },
  reference([out], inputs, { axis }) {
    const outer = sizeOf(out.shape.slice(0, axis));
    const inner = sizeOf(out.shape.slice(axis + 1));
    const stride = inner * (out.shape[axis] as number);
    let start = out.offset;
    for (const input of inputs) {
      const values = rowMajor(input);
      const width = inner * (input.shape[axis] as number);
      for (let i = 0; i < outer; i++) out.data.set(values.subarray(i * width, (i + 1) * width), start + i * stride);
      start += width;
    }
  },
  vjp: {
    pull([cotangent], { specs, needs }, { axis }) {
      return cut(
        cotangent,
        specs.map(({ shape }) => shape[axis] as number),
        axis,
        needs,
      );
    },
  },
});

/* @__PURE__ */ sampled(concatOp, (rng) => {
  const shape = Array.from({ length: 1 + rng.integer(3) }, () => 1 + rng.integer(3));
  const axis = rng.integer(shape.length);
  return {
    inputs: Array.from({ length: 1 + rng.integer(3) }, () => ({ shape: shape.with(axis, 1 + rng.integer(3)) })),
    params: { axis },
  };
});

/** Consecutive parts of these sizes along an axis; null for parts that nobody needs. */
function cut(x: Tensor, sizes: readonly number[], axis: number, needs?: readonly boolean[]): (Tensor | null)[] {
  const whole: readonly Range[] = x.shape.map(() => null);
  let start = 0;
  return sizes.map((size, i) => {
    const from = start;
    start += size;
    return needs?.[i] === false ? null : slice(x, whole.with(axis, [from, start]));
  });
}

/**
 * Join tensors along an existing axis.
 *
 * @throws {ShapeError} shapes differ outside of the axis
 * @throws {UsageError} there is no tensor, or the axis is out of range
 * @example
 * concat([tensor([[1, 2]]), tensor([[3, 4]])], 0);   // [[1, 2], [3, 4]]
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new UsageError({ where: "concat", problem: "there is no tensor to join" });
  const along = normalizeAxis("concat", axis, first.rank);
  return tensors.length === 1 ? alias(first) : run(concatOp, tensors, { axis: along });
}

/**
 * Join tensors of equal shape along a new axis.
 *
 * @throws {ShapeError} shapes differ
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])], 1);   // [[1, 3], [2, 4]]
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return scope(() =>
    concat(
      tensors.map((t) => expandDims(t, axis)),
      axis,
    ),
  );
}

/**
 * Cut a tensor into consecutive parts along an axis, as views.
 *
 * @param parts  a number of equal parts, or the size of each
 * @throws {UsageError} the parts do not add up to the axis
 * @example
 * split(tensor([1, 2, 3, 4]), [1, 3]);   // [[1], [2, 3, 4]]
 */
export function split(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  const along = normalizeAxis("split", axis, x.rank);
  const size = x.shape[along] as number;
  const sizes = typeof parts === "number" ? new Array<number>(parts).fill(size / parts) : parts;
  if (!sizes.every((n) => Number.isInteger(n) && n >= 0) || sizes.reduce((a, b) => a + b, 0) !== size) {
    throw new UsageError({
      where: "split",
      problem: `axis ${along} of [${x.shape.join(", ")}] cannot be cut so`,
      expected: `sizes that add up to ${size}`,
      got: sizes,
    });
  }
  return cut(x, sizes, along) as Tensor[];
}
