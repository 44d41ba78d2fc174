/** What a plan and a report show of SKFAC. Apart from the method, so that a program without either holds neither. */

import { gram, type SecondMoment, symmetricEigen } from "@kronograd/linalg";
import { type Tensor, transpose } from "@kronograd/tensor";
import type { CurvatureMethod } from "../curvature-method.ts";
import { truncationFlops } from "./parts/flops.ts";
import { planSkfac } from "./parts/skfac-plan.ts";
import type { SkfacState } from "./skfac.ts";

/**
 * Make the views of `skfacCurvature`.
 *
 * Columns are shown as X and Y, matrices as A and G, with the eigenvalues that are not 0 by construction; and each layer
 * has its row of the plan.
 *
 * @param choices  those of the method
 * @example
 * precondition({ ...skfacCurvature({ refreshEvery: 20 }), ...skfacViews({ rank: null, refreshEvery: 20 }) });
 */
export function skfacViews(
  choices: {
    /** Of its `columnHistory`; null: it has none. */
    readonly rank?: number | null;
    readonly refreshEvery?: number;
    /** Of each batch (`someExamples`); default: all. */
    readonly examplesPerBatch?: number | null;
  } = {},
): Required<Pick<CurvatureMethod<SkfacState>, "inspect" | "plan">> {
  const { rank = 32, refreshEvery = 1, examplesPerBatch = null } = choices;
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
