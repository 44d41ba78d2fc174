/** One triangle of a matrix, the other set to zero. */

import { ShapeError } from "../errors.ts";
import { rowMajor } from "../layout/rows.ts";
import { lastTwo } from "../layout/window.ts";
import { run } from "../op/dispatch.ts";
import { type ComputeOp, defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Keeps column − row ≤ diagonal (lower) or ≥ diagonal (upper). */
interface Triangle {
  readonly upper: boolean;
  readonly diagonal: number;
}

const triangleOp: ComputeOp<Triangle, ["x"]> = /* @__PURE__ */ defineOp<Triangle, ["x"]>({
  name: "triangle",
  shape([x]) {
    if (x.shape.length < 2)
      throw new ShapeError({
        where: "triangle",
        problem: "needs matrices",
        expected: "[..., rows, columns]",
        got: x.shape,
      });
    return [x];
  },
  reference([out], [x], { upper, diagonal }) {
    const values = rowMajor(x);
    const [rows, columns] = lastTwo(x.shape);
    for (let i = 0; i < values.length; i++) {
      const distance = (i % columns) - (Math.floor(i / columns) % rows);
      const kept = upper ? distance >= diagonal : distance <= diagonal;
      out.data[out.offset + i] = kept ? values[i]! : 0;
    }
  },
  vjp: { pull: ([cotangent], _, params) => [run(triangleOp, [cotangent], params)] },
});

/* @__PURE__ */ sampled(triangleOp, (rng) => ({
  inputs: [{ shape: [1 + rng.integer(2), 1 + rng.integer(4), 1 + rng.integer(4)] }],
  params: { upper: rng.integer(2) === 1, diagonal: rng.integer(4) - 2 },
}));

/**
 * The lower triangle: zero above a diagonal.
 *
 * @param x         [..., rows, columns]
 * @param diagonal  0: the main one; 1: the one above it
 * @throws {ShapeError} x is not a matrix or a batch of them
 */
export const tril = (x: Tensor, diagonal = 0): Tensor => run(triangleOp, [x], { upper: false, diagonal });

/**
 * The upper triangle: zero below a diagonal.
 *
 * @param x         [..., rows, columns]
 * @param diagonal  0: the main one; 1: the one above it
 * @throws {ShapeError} x is not a matrix or a batch of them
 */
export const triu = (x: Tensor, diagonal = 0): Tensor => run(triangleOp, [x], { upper: true, diagonal });
