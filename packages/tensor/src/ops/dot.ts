/** Inner products and norms, each in one pass over memory. */

import { chunkSize, load } from "../layout/chunk.ts";
import { rowMajor } from "../layout/rows.ts";
import { run } from "../op/dispatch.ts";
import { defineOp, savesTheOther } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { promote } from "../tensor/dtype.ts";
import { scope } from "../tensor/scope.ts";
import { assertShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { type ReductionOptions, sum } from "./sum-broadcast.ts";
import { sqrt, square } from "./unary.ts";

const xs = /* @__PURE__ */ new Float64Array(chunkSize);
const ys = /* @__PURE__ */ new Float64Array(chunkSize);

const dotOp = /* @__PURE__ */ defineOp<Record<string, never>, ["x", "y"]>({
  name: "dot",
  shape([x, y]) {
    assertShape("dot", "shapes differ", x.shape, y.shape);
    return [{ shape: [], dtype: promote("dot", [x, y]) }];
  },
  reference([out], [x, y]) {
    const left = rowMajor(x);
    const right = rowMajor(y);
    let total = 0;
    for (let start = 0; start < left.length; start += chunkSize) {
      const n = Math.min(chunkSize, left.length - start);
      load(xs, left, start, n);
      load(ys, right, start, n);
      for (let i = 0; i < n; i++) total += xs[i]! * ys[i]!;
    }
    out.data[out.offset] = total;
  },
  vjp: {
    saveInputs: savesTheOther,
    pull: ([cotangent], saved) => [() => mul(saved.input(1), cotangent), () => mul(saved.input(0), cotangent)],
  },
});

/* @__PURE__ */ sampled(dotOp, (rng) => {
  const shape = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(4));
  return { inputs: [{ shape }, { shape }], params: {} };
});

/**
 * Σ xᵢyᵢ over all elements of two tensors of equal shape, summed in float64.
 *
 * @throws {ShapeError} the shapes differ
 * @example
 * dot(tensor([1, 2]), tensor([3, 4]));   // 11
 */
export const dot = (x: Tensor, y: Tensor): Tensor => run(dotOp, [x, y], {});

/** Σ xᵢ² over all elements: the squared Frobenius norm. */
export const frobenius2 = (x: Tensor): Tensor => dot(x, x);

/**
 * √Σ x² over axes (default: all). Its gradient at 0 is NaN.
 *
 * @throws {UsageError} an axis is out of range or named twice
 */
export function norm(x: Tensor, axes?: number | readonly number[], options: ReductionOptions = {}): Tensor {
  return scope(() =>
    sqrt(axes === undefined && options.keepdims !== true ? frobenius2(x) : sum(square(x), axes, options)),
  );
}
