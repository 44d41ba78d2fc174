/** Hutchinson's estimate of a trace from products with random signs. */

import { assertWhole, generate, mul, type Rng, randomSign, scale, scope, sum, type Tensor } from "@kronograd/tensor";
import { sameSize } from "./checks.ts";
import type { LinearOperator } from "./operator.ts";

/**
 * Estimate tr A as the mean of zᵀ A z over probes z of random signs.
 *
 * Unbiased; for symmetric A its variance is 2 (‖A‖² − Σ A_ii²) / probes, so it is exact on diagonal matrices.
 *
 * @param A       [n, n]
 * @param rng     draws the signs
 * @param probes  [] number of probes, applied at once
 * @returns       []
 * @throws {ShapeError}  A is not square
 * @throws {UsageError}  probes is not a whole number ≥ 1
 * @cost          one application of A to `probes` columns
 * @source        Hutchinson (1990), "A stochastic estimator of the trace of the influence matrix"
 */
export function hutchinsonTrace(A: LinearOperator, rng: Rng, probes: number): Tensor {
  const [n, columns] = A.shape;
  sameSize("hutchinsonTrace", "rows and columns of A", n, columns);
  assertWhole("hutchinsonTrace", "probes", probes);
  return scope(() => {
    const Z = generate([n, probes], A, () => randomSign(rng)); // [n, probes]
    return scale(sum(mul(Z, A.apply(Z))), 1 / probes);
  });
}
