/**
 * (M + μI)⁻¹ of a second moment M = X Xᵀ, through the smaller of its two systems.
 *
 * dual (columns): with K = XᵀX + μI and C = −K⁻¹/μ, both [c, c],
 *
 *     (X Xᵀ + μI)⁻¹ = I/μ + X C Xᵀ      (Woodbury's identity),
 *
 * which is never formed: applying it is two thin products and one that adds to V/μ. primal (matrix): the inverse itself. Both
 * are exact for the same columns, so the choice is one of cost.
 *
 * Where V lies in the span of X the sum cancels: its rounding is small relative to ‖V‖/μ, not to the result. Inverses are
 * computed in float64 and kept in X's dtype, except where float32 would lose too much (`gramBits`): there they are kept and
 * applied in float64. An asynchronous device cannot tell in time, and keeps X's dtype.
 *
 * X [d, c], stored as Xᵀ [c, d] · R [n, d] · V [d, k] · μ > 0
 * Source: Hager (1989), "Updating the inverse of a matrix", eq. (2); Tang et al. (2021), "SKFAC: Training Neural Networks
 * with Faster Kronecker-Factored Approximate Curvature", §3
 */

import {
  addProduct,
  cast,
  div,
  linear,
  matmul,
  NumericalError,
  neg,
  scale,
  slice,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { dampedInverse } from "../damped-inverse.ts";
import { type Scalar, scalarOf } from "../damping.ts";
import { syrk } from "../syrk.ts";
import { momentTrace, type SecondMoment } from "./second-moment.ts";

/** In which precision a Gram matrix is formed. */
export type GramBits = 32 | 64;

/** The inverse through columns: I/μ + X C Xᵀ. */
export type DualWoodbury = {
  readonly form: "dual";
  /** [c, d] */
  readonly Xt: Tensor;
  /** C = −K⁻¹/μ, [c, c]. */
  readonly core: Tensor;
  readonly mu: Scalar;
  readonly bits: GramBits;
};

/** (M + μI)⁻¹: a plain tree of tensors and numbers, as optimizer state may hold. */
export type Woodbury = DualWoodbury | { readonly form: "primal" /** [d, d] */; readonly inverse: Tensor };

/**
 * Choose the precision of a float32 Gram matrix: 64 bits where tr K / μ · ε > 1e-2.
 *
 * @param trace  []  of K, which is ‖X‖²
 */
export function gramBits(trace: number, mu: number): GramBits {
  return trace * 2 ** -24 > 1e-2 * mu ? 64 : 32;
}

/**
 * Invert M + μI. Columns are not copied: they must live as long as the inverse.
 *
 * @param mu     []  which the device may hold
 * @param where  for the message of an error
 * @param trace  tr M, [], where it is known
 * @throws {NumericalError}  μ is 0 and M has fewer columns than rows, or M + μI is not positive definite
 * @cost dual c² d + 2⅓ c³ flops, primal 2⅓ d³
 */
export function woodbury(moment: SecondMoment, mu: Scalar, where = "woodbury", trace = momentTrace(moment)): Woodbury {
  if (moment.form === "primal") return { form: "primal", inverse: dampedInverse(moment.M, mu) };
  const { Xt } = moment;
  const own = Xt.dtype === "float64" ? 64 : 32;
  if (typeof mu === "object") return dual(Xt, mu, own);
  if (!(mu > 0)) {
    const [c, d] = Xt.shape as [number, number];
    throw new NumericalError({
      where,
      problem: `damping is ${mu} and ${c} columns leave [${d}, ${d}] singular`,
      help: "Raise damping above 0.",
      details: { mu, columns: c, dimension: d },
    });
  }
  const known = scalarOf(trace);
  const bits = own === 32 && typeof known === "number" ? gramBits(known, mu) : own;
  const kept = bits === 64 ? cast(Xt, "float64") : Xt;
  return dual(kept, mu, bits);
}

const dual = (Xt: Tensor, mu: Scalar, bits: GramBits): DualWoodbury => {
  return { form: "dual", Xt, core: minusOver(dampedInverse(syrk(Xt), mu), mu), mu, bits };
};

/**
 * Apply (M + μI)⁻¹ to columns.
 *
 * @param V   [d, k]
 * @returns   [d, k]  the dtype of V
 * @cost      dual (4 c d + 2 c²) k flops; primal 2 d² k
 */
export function woodburyApply(inverse: Woodbury, V: Tensor): Tensor {
  if (inverse.form === "primal") return matmul(inverse.inverse, V);
  const { Xt, core, mu } = inverse;
  const wide = cast(V, Xt.dtype);
  const inner = matmul(core, matmul(Xt, wide)); // [c, k]
  return cast(addOver(wide, mu, transpose(Xt), inner), V.dtype);
}

/**
 * Apply (M + μI)⁻¹ to rows from the right: R (M + μI)⁻¹.
 *
 * @param R   [n, d]
 * @returns   [n, d]  the dtype of R
 * @cost      as woodburyApply, n for k
 */
export function woodburyApplyToRows(inverse: Woodbury, R: Tensor): Tensor {
  if (inverse.form === "primal") return linear(R, inverse.inverse, null); // symmetric
  const { Xt, core, mu } = inverse;
  const wide = cast(R, Xt.dtype);
  return cast(addOver(wide, mu, linear(linear(wide, Xt, null), core, null), Xt), R.dtype);
}

/**
 * Apply (M + μI)⁻¹ to rows [a, last] from the right, without joining the two pieces.
 *
 * @param a     [n, d − 1], or [n, d] where there is no last coordinate
 * @param last  [n, 1] the last coordinate, a bias's
 * @returns     the same pieces
 * @cost        as woodburyApplyToRows
 */
export function woodburyApplyToSplitRows(
  inverse: Woodbury,
  a: Tensor,
  last?: Tensor,
): { readonly a: Tensor; readonly last?: Tensor } {
  if (last === undefined) return { a: woodburyApplyToRows(inverse, a) };
  if (inverse.form === "primal") {
    const [features, column] = split(timesTransposed(a, last, inverse.inverse));
    return { a: features, last: column };
  }
  const { Xt, core, mu } = inverse;
  const [features, column] = split(Xt);
  const [wide, wideLast] = [cast(a, Xt.dtype), cast(last, Xt.dtype)];
  const inner = linear(timesTransposed(wide, wideLast, Xt), core, null); // [n, c]
  return {
    a: cast(addOver(wide, mu, inner, features), a.dtype),
    last: cast(addOver(wideLast, mu, inner, column), a.dtype),
  };
}

/** Size d of the inverse. */
export function woodburySize(inverse: Woodbury): number {
  return (inverse.form === "primal" ? inverse.inverse : inverse.Xt).shape[1] as number;
}

/** [a, last] Mᵀ for M [k, d] */
function timesTransposed(a: Tensor, last: Tensor, M: Tensor): Tensor {
  const [features, column] = split(M);
  return addProduct(linear(a, features, null), last, transpose(column), 1);
}

/** All columns but the last, and the last: views. */
const split = (M: Tensor): [Tensor, Tensor] => [slice(M, [null, [0, -1]]), slice(M, [null, [-1]])];

/** −x / μ */
const minusOver = (x: Tensor, mu: Scalar): Tensor =>
  typeof mu === "number" ? scale(x, -1 / mu) : neg(div(x, cast(mu, x.dtype)));

/** V / μ + P Q */
const addOver = (V: Tensor, mu: Scalar, P: Tensor, Q: Tensor): Tensor =>
  typeof mu === "number" ? addProduct(V, P, Q, 1 / mu) : addProduct(div(V, cast(mu, V.dtype)), P, Q, 1);
