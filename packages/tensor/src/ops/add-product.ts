/** A product added to a decaying matrix, in one pass over it: β C + A B. */

import { ShapeError } from "../errors.ts";
import { rowMajor } from "../layout/rows.ts";
import { addProductLoops } from "../loops/products.ts";
import { run } from "../op/dispatch.ts";
import { type ComputeOp, defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { promote } from "../tensor/dtype.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The op behind `addProduct`; run with `dispatchInto`, its target may be C itself. */
export const addProductOp: ComputeOp<{ readonly decay: number }, ["C", "A", "B"]> = /* @__PURE__ */ defineOp<
  { readonly decay: number },
  ["C", "A", "B"]
>({
  name: "addProduct",
  accumulates: true,

  shape(inputs) {
    const [{ shape: C }, { shape: A }, { shape: B }] = inputs;
    const [m, k] = A;
    const [depth, n] = B;
    const isProduct = A.length === 2 && B.length === 2 && k === depth && sameShape(C, [m!, n!]);
    if (!isProduct) {
      throw new ShapeError({
        where: "addProduct",
        problem: "the sizes do not fit",
        expected: "[m, n], [m, k] and [k, n]",
        got: [C, A, B],
      });
    }
    return [{ shape: C, dtype: promote("addProduct", inputs) }];
  },

  reference([out], [C, A, B], { decay }) {
    const { data, offset } = out;
    rowMajor(C).forEach((value: number, i: number) => {
      data[offset + i] = decay * value;
    });
    addProductLoops([out], [A, B], {});
  },

  noVjp: "an in-place update; scale, add and matmul have derivatives",
});

/* @__PURE__ */ sampled(addProductOp, (rng) => {
  const [m, n, k] = [1 + rng.integer(5), 1 + rng.integer(5), 1 + rng.integer(5)];
  return { inputs: [{ shape: [m, n] }, { shape: [m, k] }, { shape: [k, n] }], params: { decay: 0.7 } };
});

/**
 * β C + A B. Transposed and sliced inputs cost no copy.
 *
 * @param C      [m, n]
 * @param A      [m, k]
 * @param B      [k, n]
 * @param decay  β
 * @returns      [m, n]
 * @throws {ShapeError}  the sizes do not fit
 * @throws {DtypeError}  float32 meets float64
 * @cost      2 m n k flops
 * @example
 * addProduct(tensor([[10]]), tensor([[1, 2]]), tensor([[3], [4]]), 0.5);   // [[16]]
 */
export function addProduct(C: Tensor, A: Tensor, B: Tensor, decay: number): Tensor {
  return run(addProductOp, [C, A, B], { decay });
}
