/**
 * A second moment M = X Xᵀ [d, d] of c columns, kept as the columns or as the matrix, whichever is cheaper.
 *
 * Columns are stored as the rows of Xᵀ [c, d], contiguous: a batch's rows are one column each.
 */

import { frobenius2, reshape, slice, sum, type Tensor } from "@kronograd/tensor";
import { gram } from "../syrk.ts";

/** Columns ("dual") or the matrix ("primal"). */
export type SecondMoment =
  | { readonly form: "dual" /** [c, d] */; readonly Xt: Tensor }
  | { readonly form: "primal" /** [d, d] */; readonly M: Tensor };

/**
 * The second moment of rows.
 *
 * @param rows   Xᵀ [c, d]
 * @param form   what to keep
 * @cost primal c d² flops; dual none
 */
export function secondMoment(rows: Tensor, form: SecondMoment["form"]): SecondMoment {
  return form === "primal" ? { form, M: gram(rows) } : { form, Xt: rows };
}

/** tr M = ‖X‖², []. */
export function momentTrace(moment: SecondMoment): Tensor {
  if (moment.form === "dual") return frobenius2(moment.Xt);
  const [d] = moment.M.shape as [number];
  return sum(slice(reshape(moment.M, [-1]), [[0, d * d, d + 1]])); // the diagonal is every (d + 1)-th number
}

/** Size d of the moment. */
export function momentSize(moment: SecondMoment): number {
  return (moment.form === "primal" ? moment.M : moment.Xt).shape[1] as number;
}
