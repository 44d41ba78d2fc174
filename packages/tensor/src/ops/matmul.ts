/** Products of matrices, or of batches of them: leading axes broadcast. */

import { ShapeError } from "../errors.ts";
import { matmulLoops } from "../loops/products.ts";
import { run } from "../op/dispatch.ts";
import { defineOp, savesTheOther } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { promote } from "../tensor/dtype.ts";
import { broadcastShapes, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { transpose } from "./permute.ts";
import { sumTo } from "./sum-broadcast.ts";

/** The op behind `matmul`. */
export const matmulOp = /* @__PURE__ */ defineOp<Record<string, never>, ["a", "b"]>({
  name: "matmul",

  shape([a, b]) {
    return [{ shape: productShape(a.shape, b.shape), dtype: promote("matmul", [a, b]) }];
  },

  reference: matmulLoops,

  vjp: {
    saveInputs: savesTheOther,
    pull([cotangent], saved) {
      const [a, b] = saved.specs;
      return [
        () => sumTo(matmul(cotangent, transpose(saved.input(1))), a.shape),
        () => sumTo(matmul(transpose(saved.input(0)), cotangent), b.shape),
      ];
    },
  },
});

/* @__PURE__ */ sampled(matmulOp, (rng) => {
  const [m, n, depth] = [1 + rng.integer(4), 1 + rng.integer(4), 1 + rng.integer(4)];
  const lead = Array.from({ length: rng.integer(3) }, () => 1 + rng.integer(3));
  const partOf = () => lead.slice(rng.integer(lead.length + 1)).map((size) => (rng.integer(3) === 0 ? 1 : size));
  return { inputs: [{ shape: [...partOf(), m, depth] }, { shape: [...partOf(), depth, n] }], params: {} };
});

function productShape(a: Shape, b: Shape): number[] {
  const pair = `left [${a.join(", ")}], right [${b.join(", ")}]`;
  const details = { left: a, right: b };
  if (a.length < 2 || b.length < 2) {
    throw new ShapeError({
      where: "matmul",
      problem: `both sides must be matrices (${pair})`,
      help: "Give a vector a second axis: reshape(v, [-1, 1]) is a column, reshape(v, [1, -1]) a row.",
      details,
    });
  }
  const [inner, other] = [a.at(-1) as number, b.at(-2) as number];
  if (inner !== other) {
    throw new ShapeError({
      where: "matmul",
      problem: `inner sizes differ (${pair}: ${inner} ≠ ${other})`,
      help: "Transpose one side, or reshape what comes before.",
      details,
    });
  }
  return [...broadcastShapes("matmul", [a.slice(0, -2), b.slice(0, -2)]), a.at(-2) as number, b.at(-1) as number];
}

/**
 * Multiply matrices; leading axes are batches and broadcast. Transposed and sliced inputs cost no copy.
 *
 * @param a  [..., m, k]
 * @param b  [..., k, n]
 * @returns  [..., m, n]
 * @throws {ShapeError}  inner sizes differ, leading axes do not broadcast, or a side is no matrix
 * @throws {DtypeError}  float32 meets float64
 * @example
 * matmul(tensor([[1, 2], [3, 4]]), tensor([[1], [1]]));   // [[3], [7]]
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return run(matmulOp, [a, b], {});
}
