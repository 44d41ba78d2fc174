/**
 * Rank-one changes of a Cholesky factor: from L Lᵀ to the factor of L Lᵀ ± v vᵀ in O(n²).
 *
 * Column k of L and v are combined by a rotation (update) or a hyperbolic rotation (downdate) that makes v_k zero. Rows are
 * done one after the other, each going through the rotations of the rows above it, so memory is read in order.
 *
 * L [n, n] lower · v [n]
 */

import {
  defineOp,
  matmul,
  neg,
  promote,
  reshape,
  run,
  ShapeError,
  type Spec,
  sampled,
  type Tensor,
  tril,
} from "@kronograd/tensor";
import { sameSize, squareSize } from "./checks.ts";
import { choleskyPull, pivotError } from "./cholesky.ts";
import { scratchOf } from "./recursive.ts";

interface Change {
  readonly sign: 1 | -1;
}

const choleskyRankOneOp = /* @__PURE__ */ defineOp<Change>({
  name: "choleskyRankOne",
  shape([L, v], { sign }) {
    const where = nameOf(sign);
    const n = squareSize(where, "L", L as Spec);
    if ((v as Spec).shape.length !== 1)
      throw new ShapeError({ where, problem: "v must be a vector", expected: [n], got: (v as Spec).shape });
    sameSize(where, "length of v and size of L", n, (v as Spec).shape[0] as number);
    return [{ shape: (L as Spec).shape, dtype: promote(where, [L as Spec, v as Spec]) }];
  },
  reference([out], [factor, vector], { sign }) {
    const n = factor!.shape[0] as number;
    const L = scratchOf(factor!).data;
    const cosines = new Float64Array(n);
    const sines = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const row = i * n;
      let rest = vector!.data[vector!.offset + i * (vector!.strides[0] as number)]!;
      for (let k = 0; k < i; k++) {
        const changed = (L[row + k]! + sign * sines[k]! * rest) / cosines[k]!;
        rest = cosines[k]! * rest - sines[k]! * changed;
        L[row + k] = changed;
      }
      const old = L[row + i]!;
      const pivot = old * old + sign * rest * rest;
      if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) {
        throw pivotError(nameOf(sign), `L Lᵀ ${sign === 1 ? "+" : "−"} v vᵀ`, i, pivot, factor!.shape, out!.dtype);
      }
      L[row + i] = Math.sqrt(pivot);
      cosines[i] = L[row + i]! / old;
      sines[i] = rest / old;
      L.fill(0, row + i + 1, row + n);
    }
    out!.data.set(L, out!.offset);
  },
  vjp: {
    saveInputs: () => [0, 1],
    saveOutputs: () => [0],
    // With A = L Lᵀ ± v vᵀ and the differential ½⟨W, dA⟩ of its factor:  L̄ = W L on the lower triangle,  v̄ = ± W v.
    pull([cotangent], saved, { sign }) {
      const W = choleskyPull(saved.output(0), cotangent as Tensor);
      const n = W.shape[0] as number;
      const gradL = saved.needs[0] === true ? tril(matmul(W, tril(saved.input(0)))) : null;
      if (saved.needs[1] !== true) return [gradL, null];
      const Wv = reshape(matmul(W, reshape(saved.input(1), [n, 1])), [n]);
      return [gradL, sign === 1 ? Wv : neg(Wv)];
    },
  },
});

// A v this short stays inside every factor that is drawn, so that it can be taken away too.
/* @__PURE__ */ sampled(choleskyRankOneOp, (rng) => {
  const n = 1 + rng.integer(4);
  const params = { sign: rng.integer(2) === 0 ? (1 as const) : (-1 as const) };
  return {
    inputs: [
      { shape: [n, n], structure: "dominant" },
      { shape: [n], range: [-0.1, 0.1] },
    ],
    params,
  };
});

const nameOf = (sign: 1 | -1) => (sign === 1 ? "choleskyUpdate" : "choleskyDowndate");

/**
 * Update a Cholesky factor: the factor of L Lᵀ + v vᵀ.
 *
 * @param L   [n, n]  lower triangle
 * @param v   [n]
 * @returns   [n, n]  the new factor; L stays as it was
 * @throws {ShapeError}      L is not square, or v has another length
 * @throws {NumericalError}  something is not finite
 * @cost      4 n² flops
 * @source    Golub & Van Loan, Matrix Computations, §6.5
 */
export function choleskyUpdate(L: Tensor, v: Tensor): Tensor {
  return run(choleskyRankOneOp, [L, v], { sign: 1 });
}

/**
 * Downdate a Cholesky factor: the factor of L Lᵀ − v vᵀ.
 *
 * @param L   [n, n]  lower triangle
 * @param v   [n]
 * @returns   [n, n]  the new factor; L stays as it was
 * @throws {ShapeError}      L is not square, or v has another length
 * @throws {NumericalError}  L Lᵀ − v vᵀ is not positive definite; names the pivot (from 0) and its value
 * @cost      4 n² flops
 * @source    Golub & Van Loan, Matrix Computations, §6.5
 */
export function choleskyDowndate(L: Tensor, v: Tensor): Tensor {
  return run(choleskyRankOneOp, [L, v], { sign: -1 });
}
