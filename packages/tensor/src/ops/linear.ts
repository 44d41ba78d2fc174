/**
 * y = x Wᵀ + b, the dense layer, as one op: its three inputs stay apart, so that autograd can take the output's
 * cotangent and leave the weight's gradient out.
 *
 *     dx = dy W      dW = dyᵀ x  (all rows flattened)      db = sum of dy over rows
 */

import { ShapeError } from "../errors.ts";
import { linearLoops } from "../loops/products.ts";
import { run } from "../op/dispatch.ts";
import { defineOp, savesTheOther } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { promote } from "../tensor/dtype.ts";
import { assertShape, dims, type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { matmul } from "./matmul.ts";
import { transpose } from "./permute.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum-broadcast.ts";

/** The op behind `linear`; inputs are [x, weight] or [x, weight, bias]. */
export const linearOp = /* @__PURE__ */ defineOp<Record<string, never>, ["x", "weight", ..."bias"[]]>({
  name: "linear",

  shape(inputs) {
    const [x, weight, bias] = inputs;
    return [{ shape: outputShape(x.shape, weight.shape, bias?.shape), dtype: promote("linear", inputs) }];
  },

  reference: linearLoops,

  vjp: {
    saveInputs: savesTheOther,
    pull([cotangent], saved) {
      const [x, weight] = saved.specs;
      const [outputs, features] = dims(weight.shape, 2);
      const count = sizeOf(x.shape.slice(0, -1));
      const rows = reshape(cotangent, [count, outputs]);
      return [
        () => reshape(matmul(rows, saved.input(1)), x.shape),
        () => matmul(transpose(rows), reshape(saved.input(0), [count, features])),
        ...(saved.specs.length < 3 ? [] : [() => sum(rows, 0)]),
      ];
    },
  },
});

/* @__PURE__ */ sampled(linearOp, (rng) => {
  const [features, outputs] = [1 + rng.integer(4), 1 + rng.integer(4)];
  const lead = Array.from({ length: rng.integer(3) }, () => 1 + rng.integer(3));
  const bias = rng.integer(2) === 0 ? [] : [{ shape: [outputs] }];
  return { inputs: [{ shape: [...lead, features] }, { shape: [outputs, features] }, ...bias], params: {} };
});

function outputShape(x: Shape, weight: Shape, bias: Shape | undefined): number[] {
  const [outputs, features] = dims(weight, 2, "linear", "weight must be [out, in]");
  if (x.length === 0 || x.at(-1) !== features) {
    throw new ShapeError({
      where: "linear",
      problem: `weight [${weight.join(", ")}] wants ${features} features on the last axis of x`,
      expected: features,
      got: x,
      help: "The weight is [out, in]. After convolutions, flatten to [N, features].",
    });
  }
  if (bias !== undefined)
    assertShape("linear", `bias must have one value for each of the ${outputs} outputs`, [outputs], bias);
  return [...x.slice(0, -1), outputs];
}

/**
 * Apply a dense layer: x Wᵀ + b.
 *
 * @param x       [..., in]
 * @param weight  [out, in]
 * @param bias    [out], or null for none
 * @returns       [..., out]
 * @throws {ShapeError}  x's last axis is not in, weight is no matrix, or bias is not [out]
 * @throws {DtypeError}  float32 meets float64
 * @example
 * linear(tensor([[1, 2]]), tensor([[3, 4], [5, 6], [7, 8]]), tensor([0, 0, 1]));   // [[11, 17, 24]]
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  return run(linearOp, bias === null ? [x, weight] : [x, weight, bias], {});
}
