/** 1 / (w_j − w_i): what the derivative of eigenvectors divides by, refusing to divide by nothing. */

import {
  defineOp,
  mul,
  NumericalError,
  run,
  ShapeError,
  type Spec,
  sampled,
  sub,
  sum,
  type Tensor,
} from "@kronograd/tensor";
import type { None } from "../checks.ts";

const reciprocalGapsOp = /* @__PURE__ */ defineOp<None>({
  name: "reciprocalGaps",
  shape([w]) {
    const { shape, dtype } = w as Spec;
    if (shape.length !== 1)
      throw new ShapeError({ where: "reciprocalGaps", problem: "eigenvalues must be a vector", got: shape });
    return [{ shape: [shape[0] as number, shape[0] as number], dtype }];
  },
  reference([out], [w]) {
    const n = w!.shape[0] as number;
    const values = Float64Array.from({ length: n }, (_, i) => w!.data[w!.offset + i * (w!.strides[0] as number)]!);
    const largest = values.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
    // Closer eigenvalues than this are rounding: their eigenvectors are arbitrary in a common plane.
    const smallest = n * largest * (w!.dtype === "float32" ? 2 ** -23 : 2 ** -52);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const gap = values[j]! - values[i]!;
        if (i !== j && Math.abs(gap) <= smallest) throw equal(i, j, values[i]!, values[j]!);
        out!.data[out!.offset + i * n + j] = i === j ? 0 : 1 / gap;
      }
    }
  },
  vjp: {
    saveOutputs: () => [0],
    // dF_ij = F_ij² (dw_i − dw_j).
    pull([cotangent], saved) {
      const F = saved.output(0);
      const H = mul(mul(F, F), cotangent as Tensor);
      return [sub(sum(H, 1), sum(H, 0))];
    },
  },
});

/* @__PURE__ */ sampled(reciprocalGapsOp, (rng) => ({
  inputs: [{ shape: [1 + rng.integer(4)], distinct: true }],
  params: {},
}));

function equal(i: number, j: number, first: number, second: number): NumericalError {
  return new NumericalError({
    where: "eigh",
    problem: `eigenvectors have no derivative where eigenvalues are equal (eigenvalue ${i} is ${first}, eigenvalue ${j} is ${second})`,
    help: "Differentiate a function of the matrix that does not depend on the choice of eigenvectors.",
    details: { i, j, first, second },
  });
}

/**
 * Invert the gaps between eigenvalues: F_ij = 1 / (w_j − w_i), 0 on the diagonal.
 *
 * @param w   [n]
 * @returns   [n, n]
 * @throws {NumericalError}  two eigenvalues are equal to rounding
 */
export function reciprocalGaps(w: Tensor): Tensor {
  return run(reciprocalGapsOp, [w], {});
}
