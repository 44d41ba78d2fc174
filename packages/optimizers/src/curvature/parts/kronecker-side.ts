/**
 * One side of a Kronecker block: its second moment M, as columns or as a matrix, and the inverse of M + μI made from it.
 *
 * primal: M [d, d] and the inverse itself. dual: Xᵀ [c, d] with M = X Xᵀ, and C = −K⁻¹/μ [c, c] of K = XᵀX + μI, by
 *     (X Xᵀ + μI)⁻¹ = I/μ + X C Xᵀ,
 * which is never formed. Inverses are computed in float64 and kept in X's own dtype, except where the subtraction would
 * lose too much of float32 (‖X‖²/μ · ε > 1e-2): then they are kept, and applied, in float64. An asynchronous device cannot say
 * that in time, and keeps X's dtype.
 *
 * Source: Hager (1989), "Updating the inverse of a matrix", eq. (2); Tang et al. (2021), §3
 */

import { dampedInverse, type GramBits, gram, gramBits, syrk } from "@kronograd/linalg";
import {
  addProduct,
  cast,
  div,
  frobenius2,
  linear,
  matmul,
  NumericalError,
  neg,
  reshape,
  scale,
  slice,
  sum,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { type Scalar, scalarOf } from "../../damping.ts";
import { dualApply, primalApply } from "./flops.ts";

/** What is known of a side. */
export type Moment =
  | { readonly form: "dual" /** [c, d] */; readonly Xt: Tensor }
  | { readonly form: "primal" /** [d, d] */; readonly M: Tensor };

/** Through columns. */
export type DualInverse = {
  readonly form: "dual";
  readonly Xt: Tensor;
  /** −K⁻¹/μ [c, c]: what stands between X and Xᵀ, so that applying is one product that adds to V/μ. */
  readonly core: Tensor;
  readonly mu: Scalar;
  readonly bits: GramBits;
};

/** (M + μI)⁻¹. */
export type SideInverse = DualInverse | { readonly form: "primal"; readonly inverse: Tensor };

/**
 * The second moment of a batch's rows.
 *
 * @param rows   Xᵀ [c, d]
 * @param form   what to keep
 */
export function momentOf(rows: Tensor, form: Moment["form"]): Moment {
  return form === "primal" ? { form, M: gram(rows) } : { form, Xt: rows };
}

/** tr M = ‖X‖², []. */
export function traceOf(moment: Moment): Tensor {
  if (moment.form === "dual") return frobenius2(moment.Xt);
  const [d] = moment.M.shape as [number];
  return sum(slice(reshape(moment.M, [-1]), [[0, d * d, d + 1]])); // each d + 1st number is on the diagonal
}

/** d */
export function dimensionOf(moment: Moment): number {
  return (moment.form === "primal" ? moment.M : moment.Xt).shape[1] as number;
}

/**
 * Invert M + μI.
 *
 * @param where  the layer and side, for the message
 * @param trace  tr M, where it is known
 * @throws {NumericalError} μ is 0 and M has fewer columns than rows, or is not positive definite
 * @cost dual c² d + 2⅓ c³ flops, primal 2⅓ d³
 */
export function invert(where: string, moment: Moment, mu: Scalar, trace = traceOf(moment)): SideInverse {
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

const dual = (Xt: Tensor, mu: Scalar, bits: GramBits): DualInverse => {
  return { form: "dual", Xt, core: minusOver(dampedInverse(syrk(Xt), mu), mu), mu, bits };
};

/** R (M + μI)⁻¹ for rows R [n, d]. */
export function applyToRows(side: SideInverse, R: Tensor): Tensor {
  if (side.form === "primal") return linear(R, side.inverse, null); // symmetric
  const { Xt, core, mu } = side;
  const wide = cast(R, Xt.dtype);
  return cast(addOver(wide, mu, linear(linear(wide, Xt, null), core, null), Xt), R.dtype);
}

/**
 * [a, last] (M + μI)⁻¹ for rows whose bias coordinate stands apart; no row is copied to join it.
 *
 * @returns  a [n, d − 1] and last [n, 1]
 */
export function applyToInputs(
  side: SideInverse,
  a: Tensor,
  last: Tensor,
): { readonly a: Tensor; readonly last: Tensor } {
  if (side.form === "primal") {
    const [features, column] = split(timesTransposed(a, last, side.inverse));
    return { a: features, last: column };
  }
  const { Xt, core, mu } = side;
  const [features, column] = split(Xt);
  const [wide, wideLast] = [cast(a, Xt.dtype), cast(last, Xt.dtype)];
  const inner = linear(timesTransposed(wide, wideLast, Xt), core, null); // [n, c]
  return {
    a: cast(addOver(wide, mu, inner, features), a.dtype),
    last: cast(addOver(wideLast, mu, inner, column), a.dtype),
  };
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

/** (M + μI)⁻¹ V for columns V [d, k]. */
export function applyToColumns(side: SideInverse, V: Tensor): Tensor {
  if (side.form === "primal") return matmul(side.inverse, V);
  const { Xt, core, mu } = side;
  const wide = cast(V, Xt.dtype);
  const inner = matmul(core, matmul(Xt, wide)); // [c, k]
  return cast(addOver(wide, mu, transpose(Xt), inner), V.dtype);
}

/** d of an inverse */
export function sideDimension(side: SideInverse): number {
  return (side.form === "primal" ? side.inverse : side.Xt).shape[1] as number;
}

/** Flops to apply the inverse to one vector. */
export function applyCost(side: SideInverse): number {
  if (side.form === "primal") return primalApply(side.inverse.shape[0] as number);
  const [c, d] = side.Xt.shape as [number, number];
  return dualApply(d, c);
}
