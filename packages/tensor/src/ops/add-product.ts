/** A product added to a decaying matrix, in one pass over it: β C + A B. */

import { chunkSize, load, store } from "../chunk.ts";
import { promote } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { addProductLoops } from "../loops/products.ts";
import { type ComputeOp, defineOp, run, type Spec } from "../op.ts";
import { rowMajor } from "../rows.ts";
import { sampled } from "../samples.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { scale } from "./arithmetic.ts";
import { matmul } from "./matmul.ts";
import { transpose } from "./permute.ts";

const register = /* @__PURE__ */ new Float64Array(chunkSize);

/** The op behind `addProduct`; run with `dispatchInto`, its target may be C itself. */
export const addProductOp: ComputeOp<{ readonly decay: number }> = /* @__PURE__ */ defineOp({
  name: "addProduct",
  accumulates: true,

  shape(inputs) {
    const [C, A, B] = inputs.map(({ shape }) => shape) as [Spec["shape"], Spec["shape"], Spec["shape"]];
    const [m, k] = A;
    const [depth, n] = B;
    const isProduct = A.length === 2 && B.length === 2 && k === depth && sameShape(C, [m, n] as Spec["shape"]);
    if (!isProduct) {
      throw new ShapeError({
        where: "addProduct",
        problem: "the sizes do not fit",
        expected: "[m, n], [m, k] and [k, n]",
        got: [C, A, B],
      });
    }
    const dtype = promote(
      "addProduct",
      inputs.map((spec) => spec.dtype),
    );
    return [{ shape: C, dtype }];
  },

  reference([out], [C, A, B], { decay }) {
    const values = rowMajor(C!);
    for (let start = 0; start < values.length; start += chunkSize) {
      const n = Math.min(chunkSize, values.length - start);
      load(register, values, start, n);
      for (let i = 0; i < n; i++) register[i]! *= decay;
      store(out!.data, out!.offset + start, register, n);
    }
    addProductLoops([out!], [A!, B!], {});
  },

  vjp: {
    saveInputs: (_, needs) => [...(needs[1] ? [2] : []), ...(needs[2] ? [1] : [])],
    pull: ([cotangent], { needs, input }, { decay }) => [
      needs[0] ? scale(cotangent as Tensor, decay) : null,
      needs[1] ? matmul(cotangent as Tensor, transpose(input(2))) : null,
      needs[2] ? matmul(transpose(input(1)), cotangent as Tensor) : null,
    ],
  },
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
