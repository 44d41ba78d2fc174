/**
 * K-FAC: a layer's curvature as one Kronecker product G ⊗ A of running averages.
 *
 * A = E[ā āᵀ] over the layer's inputs (with a 1 for the bias), G = E[g gᵀ] over its output gradients. The product is exact
 * where a and g are independent, for one example, and for deep linear nets with squared loss. Of shared weights, `expand`
 * takes every position for an example of its own, `reduce` sums over positions first.
 *
 *     direction = (G + √λ/π I)⁻¹ ∇W (A + π√λ I)⁻¹            inverse: "cholesky" (factored damping)
 *     direction = U_G [(U_Gᵀ ∇W U_A) / (w_G w_Aᵀ + λ)] U_Aᵀ   inverse: "eigen" (λ added to the product itself)
 *
 * A [in(+1), in(+1)] · G [out, out] · ∇W [out, in(+1)] · A = U_A diag(w_A) U_Aᵀ, and so G
 */

import { reductions } from "@kronograd/autograd";
import {
  dampedInverse,
  type Eigenpairs,
  kroneckerEigenSolve,
  oneSidedDamping,
  type Scalar,
  splitDamping,
} from "@kronograd/linalg";
import { eigh } from "@kronograd/linalg/decompositions";
import { cast, type Tensor, trace } from "@kronograd/tensor";
import { type CurvatureMethod, defineCurvature } from "../curvature-method.ts";
import { checkOptions, type OptionsOf, option } from "../options/options.ts";
import { type Factors, factorOptions, kroneckerFactors } from "./parts/factor-options.ts";
import { primalApply } from "./parts/flops.ts";
import { preconditionBoth } from "./parts/precondition-both.ts";
import { blend, decayAt } from "./parts/running-average.ts";

/** The options of `kfacCurvature`. */
export const kfacCurvatureOptions = {
  ...factorOptions,
  decay: option.number({
    default: 0.95,
    min: 0,
    below: 1,
    help: "ρ of the running averages of A and G; 0: the last batch alone",
  }),
  reduction: option.choice({
    choices: ["expand", "reduce"],
    default: "expand",
    help: "how positions that share the weight enter the factors",
  }),
  inverse: option.choice({
    choices: ["cholesky", "eigen"],
    default: "cholesky",
    help: "damping split over the factors, or exact in their eigenbasis",
  }),
};

/** The factors so far and what the last refresh made of them. */
export type KfacState = {
  /** Whether the block is a norm's scale and shift: G alone, A being 1. */
  readonly isVector: boolean;
  readonly batches: number;
  readonly A: Tensor | null;
  readonly G: Tensor | null;
  readonly pi: Scalar;
  readonly inverses: { readonly A: Tensor; readonly G: Tensor } | null;
  readonly eigen: { readonly A: Eigenpairs; readonly G: Eigenpairs } | null;
};

/**
 * Approximate a layer's curvature by one Kronecker product.
 *
 * @source Martens & Grosse (2015), "Optimizing Neural Networks with Kronecker-factored Approximate Curvature", §3, §6.3; for
 *   convolutions Grosse & Martens (2016), "A Kronecker-factored approximate Fisher matrix for convolution layers"; reduce:
 *   Eschenhagen et al. (2023), "Kronecker-Factored Approximate Curvature for Modern Neural Network Architectures"
 * @cost update B T (i² + o²); refresh 2⅓ (i³ + o³), with "eigen" 9 (i³ + o³), in float64; precondition 2 i o (i + o), or on
 *   factors 2 B (i² + o²); with "eigen" 4 i o (i + o)
 * @throws {UsageError} an option out of range
 */
export function kfacCurvature(
  options: OptionsOf<typeof kfacCurvatureOptions> = {},
): CurvatureMethod<KfacState, Factors> {
  const {
    labels,
    bias,
    norms,
    embeddings,
    pi: balanced,
    start,
    decay,
    reduction,
    inverse,
  } = checkOptions("kfac", options, kfacCurvatureOptions);
  const exact = inverse === "eigen";
  return defineCurvature<KfacState, Factors>({
    name: "kfac",
    source: "Martens & Grosse (2015)",
    needs: {
      inputs: true,
      outputGrads: labels,
      summed: reductions[reduction].summed,
      gradient: exact ? "dense" : "factored",
      bias,
      norms,
      embeddings,
    },
    claims: [
      "spd",
      "linear",
      "dampingLimit",
      "basisInvariant",
      "batchInvariant",
      "equalsDenseBlock",
      ...(balanced || exact ? ["lossScale" as const] : []), // √λ on G alone does not follow the loss's scale
    ],

    init: ({ isVector = false }) => ({ isVector, batches: 0, A: null, G: null, pi: 1, inverses: null, eigen: null }),

    statistics: {
      observe: (record) => kroneckerFactors(record, reductions[reduction]),
      join(state, { batch }) {
        const { A, G } = batch as Factors;
        const batches = state.batches + 1;
        const rho = decayAt(start, decay, batches);
        return { ...state, batches, A: blend(state.A, A, rho), G: blend(state.G, G, rho) };
      },
    },

    refresh(state, { damping }) {
      const { A, G } = state as { A: Tensor; G: Tensor };
      if (exact) return { ...state, eigen: { A: eigenpairs(A), G: eigenpairs(G) } };
      const [traceA, traceG] = [trace(A), trace(G)];
      const traces = { traceA, dimA: A.shape[0]!, traceG, dimG: G.shape[0]! };
      const share = state.isVector ? oneSidedDamping(damping) : splitDamping(damping, traces, balanced);
      return { ...state, pi: share.pi, inverses: { A: dampedInverse(A, share.A), G: dampedInverse(G, share.G) } };
    },

    precondition({ inverses, eigen }, gradient, { damping }) {
      if (eigen !== null) return kroneckerEigenSolve(eigen.G, eigen.A, damping, gradient.dense());
      if (inverses === null) return gradient;
      return preconditionBoth(
        gradient,
        { form: "primal", inverse: inverses.G },
        { form: "primal", inverse: inverses.A },
      );
    },

    inspect({ A, G }) {
      if (A === null || G === null) return {};
      return { matrices: { A, G }, spectra: { A: eigh(A).values, G: eigh(G).values } };
    },

    plan(block, batch) {
      const [o, i] = block.shape as [number, number];
      const apply = Math.min(o * primalApply(i) + i * primalApply(o), batch * (primalApply(i) + primalApply(o)));
      const update = batch * (i ** 2 + o ** 2);
      return {
        form: `A ${i} × ${i} · G ${o} × ${o}, ${inverse}`,
        flops: apply + update,
        bytes: 2 * 4 * (i ** 2 + o ** 2),
        precision: "float32, inverses in float64",
      };
    },
  });
}

/** Computed in float64, kept in the factor's dtype. */
function eigenpairs(M: Tensor): Eigenpairs {
  const { values, vectors } = eigh(cast(M, "float64"));
  return { values: cast(values, M.dtype), vectors: cast(vectors, M.dtype) };
}
