/** Views of SKFAC for plan and report. Apart from the method, so that a program without either holds neither. */

import { gram, type SecondMoment, symmetricEigen } from "@kronograd/linalg";
import { type Tensor, transpose } from "@kronograd/tensor";
import type { CurvatureMethod } from "../../curvature-method.ts";
import { truncationFlops } from "./flops.ts";
import type { SkfacState } from "./skfac-method.ts";
import { planSkfac } from "./skfac-plan.ts";

/**
 * Make the views of SKFAC.
 *
 * Columns are shown as X and Y, matrices as A and G, with the eigenvalues that are not 0 by construction; and each layer
 * has its row of the plan.
 */
export function skfacViews({
  rank,
  refreshEvery,
  examplesPerBatch,
}: {
  /** null: no history. */
  readonly rank: number | null;
  readonly refreshEvery: number;
  /** Of each batch; null: all. */
  readonly examplesPerBatch: number | null;
}): Required<Pick<CurvatureMethod<SkfacState>, "inspect" | "plan">> {
  return {
    inspect({ A, G }) {
      if (A === null || G === null) return {};
      return { matrices: { ...matrix("A", A), ...matrix("G", G) }, spectra: { A: spectrum(A), G: spectrum(G) } };
    },
    plan: (block, batch) =>
      planSkfac(block, Math.min(batch, examplesPerBatch ?? batch), { rank, refreshEvery, truncation: truncationFlops }),
  };
}

/** A primal moment under its own name, columns as X (of A) and Y (of G). */
function matrix(name: "A" | "G", moment: SecondMoment): Record<string, Tensor> {
  if (moment.form === "primal") return { [name]: moment.M };
  return { [name === "A" ? "X" : "Y"]: transpose(moment.Xt) };
}

function spectrum(moment: SecondMoment): Tensor {
  return symmetricEigen(moment.form === "primal" ? moment.M : gram(transpose(moment.Xt))).values;
}
